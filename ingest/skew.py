"""Two clocks: how far a device's clock is off, and how its times are corrected.

A device says its own time as it sends (`sent_at`); the difference to the server's clock is its skew, positive when
it is ahead. The skew is remembered by device and replaced when a new measurement differs by more than `STEP_MS`:
what differs less is the way over the network, and correcting by it would make times waver. Times of a device that
is off by more than `TOLERATED_MS` are corrected; the receipt keeps the corrected time, so that a repetition gets
the same one.
"""

from ingest.transaction import Transaction

TOLERATED_MS = 30_000
STEP_MS = 1_000


def observe(tx: Transaction, device: str, sent_at_ms: int, received_ms: int, most_devices: int) -> None:
    """A device said its time: remember its skew, and forget the device measured longest ago when there are too many."""
    measured = sent_at_ms - received_ms
    remembered = tx.skew(device)
    if remembered is not None and abs(measured - remembered) <= STEP_MS:
        return
    if remembered is None and len(tx.group.known.skews) >= most_devices:
        oldest = tx.query("SELECT device FROM skews ORDER BY measured_ms LIMIT 1").fetchone()
        if oldest is not None:
            tx.write("DELETE FROM skews WHERE device = ?", oldest)
            tx.forgotten_devices.append(oldest[0])
    tx.skews[device] = measured


def correction(tx: Transaction, device: str) -> int:
    """What to subtract from the times of a device, in milliseconds: 0 for a clock that is right or unknown."""
    remembered = tx.skew(device)
    return remembered if remembered is not None and abs(remembered) > TOLERATED_MS else 0

"""What InfluxDB has yet to get, in order: appended in the transaction of the reading, read by the forwarder.

A row holds the lines of one commit (up to `ROW_LINES`), or one deletion of a stay's boundary that was corrected.
Rows are sent and settled strictly in order: whatever is sent again after a crash ends in the same state.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from ingest import database

if TYPE_CHECKING:
    from ingest.transaction import Transaction

WRITE, DELETE = 0, 1
ROW_LINES = 5_000


@dataclass(slots=True, frozen=True)
class Erasure:
    """The deletion of the point of a stay's boundary, as JSON: room, mrn, time_ms."""

    body: str


Entry = str | Erasure  # a text is one line to be written


@dataclass(slots=True)
class Batch:
    """What the forwarder sends in one call: writes up to a number of lines, or one deletion."""

    kind: int
    last_seq: int
    bodies: list[str]
    lines: int
    oldest_ms: int


def stay_erased(room: str, mrn: str, time_ms: int) -> Erasure:
    """The deletion of a boundary's point."""
    return Erasure(json.dumps({"room": room, "mrn": mrn, "time_ms": time_ms}))


def append(db: sqlite3.Connection, entries: Iterable[Entry], enqueued_ms: int) -> None:
    """Add entries at the end: neighbouring lines share a row."""
    rows: list[tuple[int, int, str, int]] = []
    lines: list[str] = []

    def close_rows() -> None:
        for at in range(0, len(lines), ROW_LINES):
            part = lines[at : at + ROW_LINES]
            rows.append((WRITE, len(part), "\n".join(part), enqueued_ms))
        lines.clear()

    for entry in entries:
        if isinstance(entry, Erasure):
            close_rows()
            rows.append((DELETE, 1, entry.body, enqueued_ms))
        else:
            lines.append(entry)
    close_rows()
    if rows:
        db.executemany("INSERT INTO outbox (kind, lines, body, enqueued_ms) VALUES (?,?,?,?)", rows)


def claim(connection: Connection, after: int, most_lines: int) -> Batch | None:
    """The next batch after a settled sequence number, or None when nothing waits."""
    table = database.outbox.c
    batch: Batch | None = None
    found = connection.execution_options(yield_per=50).execute(
        select(table.seq, table.kind, table.lines, table.body, table.enqueued_ms)
        .where(table.seq > after)
        .order_by(table.seq)
        .limit(most_lines)
    )
    try:
        for seq, kind, lines, body, enqueued_ms in found:
            if batch is None:
                batch = Batch(kind, seq, [body], lines, enqueued_ms)
            elif kind == WRITE and batch.lines + lines <= most_lines:
                batch.bodies.append(body)
                batch.lines += lines
                batch.last_seq = seq
            else:
                break
            if batch.kind == DELETE:
                break
    finally:
        found.close()
    return batch


def settle(tx: "Transaction", up_to: int) -> int:
    """Forget what InfluxDB has; the number of lines that this was."""
    (lines,) = tx.query("SELECT coalesce(sum(lines), 0) FROM outbox WHERE seq <= ?", (up_to,)).fetchone()
    tx.write("DELETE FROM outbox WHERE seq <= ?", (up_to,))
    return lines


def quarantine(tx: "Transaction", line: str, status: int, reason: str) -> None:
    """Keep a line that InfluxDB refuses for good, and why."""
    tx.write(
        "INSERT INTO quarantine (line, status, reason, quarantined_ms) VALUES (?,?,?,?)",
        (line, status, reason[:2000], tx.now_ms),
    )

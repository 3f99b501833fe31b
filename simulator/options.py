"""What to simulate: every choice of `bedside simulate`, with what is allowed."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from simulator.errors import OptionsError
from simulator.faults import FAULTS
from simulator.times import MINUTE_MS, now_ms

MAX_ROOMS, MAX_NIGHTS, MAX_WORKERS, MAX_BATCH = 1000, 1000, 64, 10_000


@dataclass(frozen=True, slots=True)
class SimulateOptions:
    """A simulation.

    `url` is the ingest API, `token` a monitor's; with a `clinician_token` admissions go through `/admit`, and
    `verify` can read the stays. `start_ms` (milliseconds since 1970) defaults to `hours` before now; the same `seed`
    and `start_ms` make the same readings. `hours` of history are sent in modes `backfill` and `both`; then `both`
    and `live` go on in real time, a reading a room each `live_interval_s` (else `interval_s`) seconds, for `live_s`
    seconds or until stopped. `night_at_end` shifts the ward's clock so that it is 3 in the night when the history
    ends: a demo shows sleepers at any time of day. `settle_s` is how long `verify` waits while nothing arrives.
    `rate` bounds how many readings a second of the history are measured, all rooms together: a ward that goes on while
    something happens to the server.
    """

    url: str = "http://127.0.0.1:8000"
    token: str = ""
    rooms: int = 12
    hours: float = 48.0
    seed: int = 7
    mode: Literal["backfill", "live", "both"] = "backfill"
    faults: tuple[str, ...] = ()
    verify: bool = False
    clinician_token: str | None = None
    influx_url: str = "http://127.0.0.1:8086"
    influx_org: str = "ward"
    influx_bucket: str = "telemetry"
    influx_token: str = ""
    ledger: Path | None = None
    start_ms: int | None = None
    interval_s: float = 60.0
    live_interval_s: float | None = None
    live_s: float | None = None
    workers: int = 4
    batch_size: int = 500
    rate: float | None = None
    patience_s: float = 900.0
    settle_s: float = 120.0
    first_room: int = 101
    first_mrn: int = 5001
    night_at_end: bool = False

    def check(self) -> None:
        """OptionsError with one sentence for the first choice that cannot be simulated."""
        limits: list[tuple[bool, str]] = [
            (1 <= self.rooms <= MAX_ROOMS, f"--rooms must be between 1 and {MAX_ROOMS}"),
            (0 < self.hours <= 24 * MAX_NIGHTS, f"--nights must be more than 0 and at most {MAX_NIGHTS}"),
            (1 <= self.workers <= MAX_WORKERS, f"--workers must be between 1 and {MAX_WORKERS}"),
            (1 <= self.batch_size <= MAX_BATCH, f"--batch-size must be between 1 and {MAX_BATCH}"),
            (self.rate is None or self.rate > 0, "--rate must be more than 0"),
            (0.05 <= self.interval_s <= 3600, "--interval must be between 0.05 and 3600 seconds"),
            (self.start_ms is None or self.start_ms + self.hours * 60 * MINUTE_MS <= now_ms() + MINUTE_MS,
             "--start must be so long ago that the history of --nights is over by now"),
            (self.mode in ("backfill", "live", "both"), "the mode is backfill, live or both"),
            (all(name in FAULTS for name in self.faults), f"the faults are {', '.join(FAULTS)}"),
            (self.mode == "backfill" or self.live_s is not None or not self.verify,
             "--verify needs an end: use --backfill, or give the live part a length"),
            (not self.verify or self.ledger is not None, "--verify needs a ledger"),
            (self.ledger is None or not self.ledger.is_dir(), f"the ledger {os.fspath(self.ledger or '')} is a folder"),
        ]  # fmt: skip
        for allowed, sentence in limits:
            if not allowed:
                raise OptionsError(sentence)

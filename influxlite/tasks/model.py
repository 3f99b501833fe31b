"""Tasks and their runs: what they are, how they are kept as JSON.

Instants named `…_s` are whole seconds since 1970, those named `…_ns` nanoseconds; 0 stands for never.
"""

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

ACTIVE, INACTIVE = "active", "inactive"
SCHEDULED, STARTED, SUCCESS, FAILED, CANCELED = "scheduled", "started", "success", "failed", "canceled"
SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Task:
    """A script that is run again and again. `every`, `cron` and `offset_s` repeat what the script's option says."""

    id: str
    org_id: str
    owner_id: str
    name: str
    status: str
    flux: str
    every: str = ""
    cron: str = ""
    offset_s: int = 0
    concurrency: int = 1
    description: str = ""
    created_at_ns: int = 0
    updated_at_ns: int = 0
    latest_scheduled_s: int = 0
    latest_completed_s: int = 0
    latest_success_s: int = 0
    last_run_status: str = ""
    last_run_error: str = ""
    labels: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Its attributes as JSON data; `Task(**…)` reads them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a run's log."""

    time_ns: int
    message: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a task. `scheduled_for_s` is what `now()` says in it; it starts at `run_at_s` or later."""

    id: str
    task_id: str
    status: str
    scheduled_for_s: int
    run_at_s: int
    requested_at_ns: int = 0
    started_at_ns: int = 0
    finished_at_ns: int = 0
    log: tuple[LogLine, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Its attributes as JSON data; `from_json` reads them."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Run":
        """The run that `to_json` wrote."""
        return cls(**{**body, "log": tuple(LogLine(**line) for line in body["log"])})

    @property
    def waits(self) -> bool:
        """Whether it has not begun."""
        return self.status == SCHEDULED


class Ids:
    """Ids in the order of their making, as InfluxDB's are: 16 hex digits, milliseconds first, then a counter."""

    def __init__(self) -> None:
        """None made yet."""
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> str:
        """An id that is above all before it, also those of earlier processes unless the clock went back."""
        with self._lock:
            self._last = max(self._last + 1, (time.time_ns() // 1_000_000) << 20)
            return f"{self._last:016x}"

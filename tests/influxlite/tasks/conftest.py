"""What tests of tasks share: a storage whose tasks run by a clock that the test moves."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from influxlite import flux
from influxlite.tasks import TaskService
from influxlite.tasks.model import SECOND_NS, Run, Task
from tests.influxlite.conftest import Box

DAY_S = 86_400
FIRST_DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
"""System buckets keep points for three days: what the tests call the first day must be younger."""


def instant(clock: str) -> int:
    """The seconds since 1970 of a time of the first day, such as `10:00:30`, or, as `+1 10:00:30`, of the next."""
    found = re.fullmatch(r"(?:\+(\d) )?(\d\d):(\d\d):(\d\d)", clock)
    assert found, clock
    days, hours, minutes, seconds = (int(group or 0) for group in found.groups())
    return int(FIRST_DAY.timestamp()) + days * DAY_S + hours * 3600 + minutes * 60 + seconds


def clock(instant_s: int) -> str:
    """The same the other way round."""
    days, rest = divmod(instant_s - int(FIRST_DAY.timestamp()), DAY_S)
    return (f"+{days} " if days else "") + f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"


def rfc3339(clock: str) -> str:
    """A time as scripts write it."""
    return datetime.fromtimestamp(instant(clock), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Desk:
    """The tasks of a box. `work` runs in the test's own thread, so that nothing has to be waited for."""

    box: Box
    now: str
    service: TaskService = field(init=False)

    def __post_init__(self) -> None:
        """Open the tasks of the box."""
        self.open()

    def open(self) -> None:
        """As a start of the server does."""
        self.service = TaskService(self.box.storage, now_ns=lambda: instant(self.now) * SECOND_NS)

    def reopen(self) -> None:
        """As a kill and a new start do: nothing is told to the tasks before."""
        self.box.reopen()
        self.open()

    def make(self, options: str, script: str = "", **given: str) -> Task:
        """A new task; without a script one that does nothing much."""
        body = script or 'import "array"\narray.from(rows: [{v: 1}])'
        lines = body.split("\n")
        imports = [line for line in lines if line.startswith("import ")]
        rest = [line for line in lines if not line.startswith("import ")]
        text = "\n".join([*imports, f"option task = {{{options}}}", *rest])
        return self.service.create(self.box.org.id, "0000000000000001", text, **given)

    def at(self, now: str) -> list[str]:
        """Move the clock, run all that is due; what the new runs were for, in the order they ran."""
        self.now = now
        before = {run.id for task in self.service.tasks() for run in self.over(task.id)}
        self.service.tick()
        while self.service.work():
            self.service.tick()
        new = [run for task in self.service.tasks() for run in self.over(task.id) if run.id not in before]
        return [clock(run.scheduled_for_s) for run in sorted(new, key=lambda run: run.id)]

    def over(self, task_id: str) -> list[Run]:
        """The runs of a task that are over."""
        return self.service.history.find(self.service.task(task_id), 500)

    def query(self, script: str) -> list[dict]:
        """The rows of a script's first result."""
        found = []
        for result in flux.query(script, storage=self.box.storage, org_id=self.box.org.id, org_name="ward"):
            for block in result.tables:
                columns = [block.column(name).to_list() for name in block.columns]
                found += [dict(zip(block.columns, row, strict=True)) for row in zip(*columns, strict=True)]
        return found


@pytest.fixture
def desk(box: Box) -> Desk:
    """Tasks on a fresh storage, some while ago."""
    return Desk(box, "10:00:30")

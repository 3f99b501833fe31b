"""Coarser points of the readings, in buckets of their own, made by tasks of InfluxDB or influxlite.

    telemetry_5m   one point for each five minutes, room and patient
    telemetry_1h   one for each hour

Two tasks for each of them. One does the newest windows again and again, since readings come a little late. The other
looks, every hour, for days of which there are more readings than the points stand for, because some came days late or
were imported, and does those again; it also writes down how far all is complete, which is what questions go by
(`query/coarser.py`). A window that is done again is the same points again, so that nothing is ever counted twice.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from influxdb_client.domain.task import Task
from influxdb_client.domain.task_create_request import TaskCreateRequest
from influxdb_client.domain.task_update_request import TaskUpdateRequest

from bedside.keep import points
from bedside.keep.backup import Tell
from bedside.keep.influx import Buckets
from query.coarser import MARK, SECOND_NS, WIDTHS_S
from query.literals import text_literal

HERE = Path(__file__).parent
DESCRIPTION = "Made by `bedside retention`, which puts it right when it differs."
MEASURED = '|> filter(fn: (r) => r._measurement == "cpap" and r._field != "flow_image")'
STANDS_FOR = '|> filter(fn: (r) => r._measurement == "cpap" and r._field =~ /_n$/)'
LOOK_EVERY, LOOK_OFFSET = "1h", "10m"


@dataclass(frozen=True)
class Grain:
    """A coarser bucket: the ending of its name, its points' width, when its windows are done, and how far back."""

    ending: str
    width: str
    offset: str
    back: str

    @property
    def width_ns(self) -> int:
        """The width in nanoseconds."""
        return WIDTHS_S[self.ending] * SECOND_NS


GRAINS = (Grain("_5m", "5m", "1m", "1h"), Grain("_1h", "1h", "5m", "6h"))


@dataclass(frozen=True)
class Ran:
    """A task and how it went last: its name, whether it is active, its last run's time (None: not yet) and status."""

    name: str
    status: str
    last_run: str | None
    last_status: str
    last_error: str


def scripts(bucket: str, kept_s: int) -> dict[str, str]:
    """The tasks' scripts by name. `kept_s` is for how long readings stay (0: for ever)."""
    body = _text("downsample")
    found = {}
    for grain in GRAINS:
        params = _params(bucket, grain, kept_s)
        name = f"bedside {bucket}{grain.ending}"
        found[name] = (
            f"option task = {{name: {text_literal(name)}, every: {grain.width}, offset: {grain.offset}}}\n\n{params}\n"
            f"stop = now()\nstart = time(v: int(v: stop) - int(v: {grain.back}))\n\n{body}"
        )
        late = f"{name} late"
        found[late] = (
            f'import "array"\nimport "date"\n\noption task = {{name: {text_literal(late)}, every: {LOOK_EVERY}, '
            f"offset: {LOOK_OFFSET}}}\n\n{params}\n{_text('behind')}\n{body}"
        )
    return found


def ensure(buckets: Buckets, bucket: str, kept_s: int) -> None:
    """Make the coarser buckets and the tasks where they are missing, and put right what differs."""
    there = buckets.all()
    for grain in GRAINS:
        if bucket + grain.ending not in there:
            buckets.make(bucket + grain.ending, 0)
    ensure_tasks(buckets, bucket, kept_s)


def ensure_tasks(buckets: Buckets, bucket: str, kept_s: int) -> None:
    """Make the tasks where they are missing, and put right what differs."""
    org_id = buckets.org_id()
    api = buckets.client.tasks_api()
    known = tasks(buckets, bucket)
    for name, script in scripts(bucket, kept_s).items():
        task = known.get(name)
        if task is None:
            new = TaskCreateRequest(org_id=org_id, flux=script, status="active", description=DESCRIPTION)
            buckets.call(f"make the task {name}", lambda new=new: api.create_task(task_create_request=new))
        elif str(task.flux).split() != script.split() or task.status != "active":
            change = TaskUpdateRequest(flux=script, status="active", description=DESCRIPTION)
            task_id = task.id
            buckets.call(
                f"change the task {name}",
                lambda change=change, task_id=task_id: api.update_task_request(task_id, change),
            )


def tasks(buckets: Buckets, bucket: str) -> dict[str, Task]:
    """Our tasks that are there, by name."""
    api = buckets.client.tasks_api()
    found: dict[str, Task] = {}
    for name in scripts(bucket, 0):
        told = buckets.call("read the tasks", lambda name=name: api.find_tasks(name=name, org=buckets.address.org))
        found |= {task.name: task for task in told}
    return found


def runs(buckets: Buckets, bucket: str) -> list[Ran]:
    """Our tasks and how they went last."""
    found = []
    for name, task in sorted(tasks(buckets, bucket).items()):
        last: datetime | None = task.latest_completed
        told = None if last is None or not task.last_run_status else last.astimezone(UTC).isoformat()
        last_run = told and told.replace("+00:00", "Z")
        found.append(Ran(name, task.status or "", last_run, task.last_run_status or "", task.last_run_error or ""))
    return found


def catch_up(buckets: Buckets, bucket: str, kept_s: int, tell: Tell, *, again: bool = False) -> int:
    """Make the coarser points of all days that lack some, or of all days (`again`); how many days that were.

    Then write down how far all is complete. A day of which readings may be gone already is left as it is.
    """
    connection = buckets.connection
    now = int(datetime.now(UTC).timestamp()) * SECOND_NS
    today = now // points.DAY_NS * points.DAY_NS
    days = points.histogram(connection, bucket, MEASURED, points.EARLIEST_NS, points.LATEST_NS, points.DAY_NS)
    whole_from = today - kept_s * SECOND_NS + 2 * points.DAY_NS if kept_s else points.EARLIEST_NS
    body, done = _text("downsample"), 0
    for grain in GRAINS:
        coarser = bucket + grain.ending
        known = dict(
            points.histogram(
                connection, coarser, STANDS_FOR, points.EARLIEST_NS, points.LATEST_NS, points.DAY_NS, fn="sum"
            )
        )
        behind = [
            day
            for day, values in days
            if (again or values > known.get(day, 0)) and (day >= whole_from or day not in known)
        ]
        for at, day in enumerate(behind):
            stop = min(day + points.DAY_NS, now // grain.width_ns * grain.width_ns)
            if stop > day:
                bounds = f"start = {points.instant(day)}\nstop = {points.instant(stop)}"
                connection.ask(f"{_params(bucket, grain, 0)}\n{bounds}\n{body}")
            tell(coarser, at + 1, len(behind))
        done = max(done, len(behind))
        buckets.write(coarser, f"{MARK} until={today}i {now}".encode())
    return done


def is_made(names: list[str], bucket: str) -> bool:
    """Whether all coarser buckets are among those names."""
    return all(bucket + grain.ending in names for grain in GRAINS)


def _params(bucket: str, grain: Grain, kept_s: int) -> str:
    cells: dict[str, Any] = {
        "readings": text_literal(bucket),
        "coarser": text_literal(bucket + grain.ending),
        "width": grain.width,
        "kept_s": kept_s,
    }
    return f"params = {{{', '.join(f'{name}: {value}' for name, value in cells.items())}}}"


def _text(name: str) -> str:
    return (HERE / f"{name}.flux").read_text("utf-8")

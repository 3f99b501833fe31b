"""Runs that are over: points of the system bucket `_tasks`, as InfluxDB keeps them, until its retention takes them.

Measurement `runs`, tags `status` and `taskID`, at the instant a run began; its id, times and log in fields of strings.
"""

import json
from typing import Any

from influxlite import flux
from influxlite.flux.instants import parse_instant
from influxlite.line_protocol import Field, Point
from influxlite.storage import Bucket, Storage
from influxlite.storage.texts import rfc3339
from influxlite.tasks.model import SECOND_NS, LogLine, Run, Task

BUCKET = "_tasks"
ZERO_TIME = "0001-01-01T00:00:00Z"
MOST_DAYS = 14  # further back than the bucket keeps points
QUESTION = """from(bucketID: "{bucket}")
    |> range(start: -{days}d)
    |> filter(fn: (r) => r._measurement == "runs" and r.taskID == "{task}")
    |> filter(fn: (r) => r._field == "runID" or r._field == "scheduledFor" or r._field == "startedAt"
        or r._field == "finishedAt" or r._field == "requestedAt" or r._field == "logs")
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> group()
    {filters}
    |> sort(columns: ["scheduledFor"], desc: true)
    |> limit(n: {limit})"""


class History:
    """Writes and finds the runs that are over."""

    def __init__(self, storage: Storage) -> None:
        """Of a storage."""
        self._storage = storage

    def record(self, task: Task, run: Run) -> None:
        """Keep a run that is over. StorageError where the disk refuses; nothing where the bucket was deleted."""
        bucket = self._bucket(task.org_id)
        if bucket is None:
            return
        log = [{"runID": run.id, "time": rfc3339(line.time_ns), "message": line.message} for line in run.log]
        texts = {
            "runID": run.id,
            "name": task.name,
            "startedAt": _shown(run.started_at_ns),
            "finishedAt": _shown(run.finished_at_ns),
            "scheduledFor": _shown(run.scheduled_for_s * SECOND_NS),
            "requestedAt": _shown(run.requested_at_ns // SECOND_NS * SECOND_NS),
            "flux": "",
            "ot_trace_id": "",
            "logs": json.dumps(log, ensure_ascii=False),
        }
        fields = [Field(name, "string", text) for name, text in texts.items()]
        fields.append(Field("ot_trace_sampled", "boolean", False))
        tags = (("status", run.status), ("taskID", task.id))
        at = run.started_at_ns or run.finished_at_ns
        self._storage.write(bucket, [Point("runs", tags, fields, at)])

    def find(
        self, task: Task, limit: int, *, after_s: int | None = None, before_s: int | None = None, after_id: str = ""
    ) -> list[Run]:
        """The newest runs of a task that are over, by what they were scheduled for; both bounds are exclusive."""
        filters = []
        if after_s is not None:
            filters.append(f"|> filter(fn: (r) => time(v: r.scheduledFor) > {_shown(after_s * SECOND_NS)})")
        if before_s is not None:
            filters.append(f"|> filter(fn: (r) => time(v: r.scheduledFor) < {_shown(before_s * SECOND_NS)})")
        if after_id:
            filters.append(f'|> filter(fn: (r) => r.runID > "{after_id}")')
        return self._ask(task, "\n    ".join(filters), limit)

    def get(self, task: Task, run_id: str) -> Run | None:
        """One run of a task."""
        found = self._ask(task, f'|> filter(fn: (r) => r.runID == "{run_id}")', 1)
        return found[0] if found else None

    def _bucket(self, org_id: str) -> Bucket | None:
        return self._storage.find_bucket(org_id, name=BUCKET)

    def _ask(self, task: Task, filters: str, limit: int) -> list[Run]:
        bucket = self._bucket(task.org_id)
        if bucket is None:
            return []
        script = QUESTION.format(bucket=bucket.id, days=MOST_DAYS, task=task.id, filters=filters, limit=limit)
        found: list[Run] = []
        for result in flux.query(script, storage=self._storage, org_id=task.org_id):
            for block in result.tables:
                names = [name for name in block.columns if name not in ("_start", "_stop")]
                columns = [block.column(name).to_list() for name in names]
                found += [_run(task, dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
        return found


def _run(task: Task, row: dict[str, Any]) -> Run:
    """The run that a row tells of."""
    log = tuple(LogLine(_ns(line["time"]), line["message"]) for line in json.loads(row.get("logs") or "[]"))
    scheduled_for_s = _ns(row.get("scheduledFor")) // SECOND_NS
    return Run(
        row["runID"],
        task.id,
        row["status"],
        scheduled_for_s,
        scheduled_for_s,
        _ns(row.get("requestedAt")),
        _ns(row.get("startedAt")),
        _ns(row.get("finishedAt")),
        log,
    )


def _shown(ns: int) -> str:
    """An instant in RFC 3339; Go's zero time for never."""
    return rfc3339(ns) if ns else ZERO_TIME


def _ns(text: str | None) -> int:
    """The instant that a text tells; 0 for never."""
    if not text or text == ZERO_TIME:
        return 0
    return parse_instant(text)

"""/api/v2/tasks/{id}/runs and /logs: how a task's runs went; start one by hand, again, or stop it."""

import re

from flask import Blueprint, Response, request

from influxlite.flux.instants import parse_instant
from influxlite.server import context
from influxlite.server.tasks import (
    LIMIT,
    MOST,
    SELF,
    decoded,
    fault,
    nothing,
    number,
    one,
    reply,
    the_id,
    undecoded,
)
from influxlite.storage.texts import rfc3339
from influxlite.tasks import Run, TaskError
from influxlite.tasks.model import SECOND_NS

runs = Blueprint("runs", __name__)
LAYOUT = "2006-01-02T15:04:05Z07:00"
ELEMENTS = (
    ("2006", r"\d{4}"), ("-", "-"), ("01", r"\d\d"), ("-", "-"), ("02", r"\d\d"), ("T", "T"), ("15", r"\d\d"),
    (":", ":"), ("04", r"\d\d"), (":", ":"), ("05", r"\d\d(?:[.,]\d+)?"), ("Z07:00", r"Z|[+-]\d\d:\d\d"),
)  # fmt: skip
SCHEDULED_FOR = 'struct { ScheduledFor string "json:\\"scheduledFor\\"" }'
LARGEST_BODY = 1000  # bytes; InfluxDB looks at no longer body of a run that is started by hand


def instant_s(text: str) -> int:
    """The whole seconds of an RFC 3339 time; ApiError in Go's words where it is none."""
    rest = text
    for element, pattern in ELEMENTS:
        found = re.match(pattern, rest, re.ASCII)
        if found is None:
            told = f'parsing time "{text}" as "{LAYOUT}": cannot parse "{rest}" as "{element}"'
            raise undecoded(ValueError(told))
        rest = rest[found.end() :]
    if rest:
        raise undecoded(ValueError(f'parsing time "{text}": extra text: "{rest}"'))
    try:
        return parse_instant(text.replace(",", ".")) // SECOND_NS
    except ValueError:
        raise undecoded(ValueError(f'parsing time "{text}": day out of range')) from None


def describe(run: Run) -> dict[str, object]:
    """A run as InfluxDB describes it."""
    task = f"{SELF}/{run.task_id}"
    link = f"{task}/runs/{run.id}"
    body: dict[str, object] = {
        "links": {"logs": f"{link}/logs", "retry": f"{link}/retry", "self": link, "task": task},
        "id": run.id,
        "taskID": run.task_id,
        "status": run.status,
        "scheduledFor": rfc3339(run.scheduled_for_s * SECOND_NS),
    }
    for name, ns in (
        ("started", run.started_at_ns),
        ("finished", run.finished_at_ns),
        ("requested", run.requested_at_ns),
    ):
        if ns:
            body[f"{name}At"] = rfc3339(ns)
    if run.log:
        body["log"] = events(run)
    return body


def events(run: Run) -> list[dict[str, str]]:
    """The lines of a run's log."""
    return [{"runID": run.id, "time": rfc3339(line.time_ns), "message": line.message} for line in run.log]


@runs.route(f"{SELF}/<task_id>/runs", methods=["GET"])
def get_runs(task_id: str) -> Response:
    """The runs of a task, by the parameters after, limit, afterTime and beforeTime."""
    the_id(task_id)
    after_id = the_id(text) if (text := request.args.get("after", "")) else ""
    limit = number("limit", LIMIT, f"run limit is out of bounds, must be between 1 and {MOST}")
    after_s = instant_s(text) if (text := request.args.get("afterTime", "")) else None
    before_s = instant_s(text) if (text := request.args.get("beforeTime", "")) else None
    if after_s is not None and before_s is not None and before_s <= after_s:
        raise undecoded(ValueError("beforeTime must be later than afterTime"))
    task = one(task_id, "read", "failed to find runs: ")
    try:
        found = context.tasks().runs(task.id, limit, after_s=after_s, before_s=before_s, after_id=after_id)
    except TaskError as problem:
        raise fault("failed to find runs: ", problem) from None
    links = {"self": f"{SELF}/{task.id}/runs", "task": f"{SELF}/{task.id}"}
    return reply({"links": links, "runs": [describe(run) for run in found]})


@runs.route(f"{SELF}/<task_id>/runs", methods=["POST"])
def post_run(task_id: str) -> Response:
    """Start a run by hand, for now or for the time `scheduledFor`."""
    the_id(task_id)
    length = request.content_length or 0
    given = decoded("", {"scheduledFor": str}, SCHEDULED_FOR) if 0 < length < LARGEST_BODY else {}
    text = given.get("scheduledFor", "")
    scheduled_for_s = instant_s(text) if text else None
    told = "failed to force run: "
    task = one(task_id, "write", told)
    try:
        return reply(describe(context.tasks().run_by_hand(task.id, scheduled_for_s)), 201)
    except TaskError as problem:
        raise fault(told, problem) from None


def _run(task_id: str, run_id: str, told: str) -> Run:
    """The run of a path, if this token may look at it."""
    the_id(task_id)
    the_id(run_id)
    task = one(task_id, "read", told)
    try:
        return context.tasks().run(task.id, run_id)
    except TaskError as problem:
        raise fault(told, problem) from None


@runs.route(f"{SELF}/<task_id>/runs/<run_id>", methods=["GET"])
def get_run(task_id: str, run_id: str) -> Response:
    """One run."""
    return reply(describe(_run(task_id, run_id, "failed to find run: ")))


@runs.route(f"{SELF}/<task_id>/runs/<run_id>", methods=["DELETE"])
def delete_run(task_id: str, run_id: str) -> Response:
    """Stop a run that goes on or waits."""
    told = "failed to cancel run: "
    the_id(run_id)
    task = one(task_id, "write", told)
    try:
        context.tasks().cancel(task.id, run_id)
    except TaskError as problem:
        raise fault(told, problem) from None
    return nothing(200)


@runs.route(f"{SELF}/<task_id>/runs/<run_id>/retry", methods=["POST"])
def post_retry(task_id: str, run_id: str) -> Response:
    """Run once more for the time of an earlier run."""
    told = "failed to retry run: "
    the_id(run_id)
    task = one(task_id, "write", told)
    try:
        return reply(describe(context.tasks().retry(task.id, run_id)))
    except TaskError as problem:
        raise fault(told, problem) from None


@runs.route(f"{SELF}/<task_id>/runs/<run_id>/logs", methods=["GET"])
def get_run_logs(task_id: str, run_id: str) -> Response:
    """The log of one run."""
    return reply({"events": events(_run(task_id, run_id, "failed to find task logs: ")) or None})


@runs.route(f"{SELF}/<task_id>/logs", methods=["GET"])
def get_logs(task_id: str) -> Response:
    """The logs of a task's newest runs."""
    told = "failed to find task logs: "
    task = one(task_id, "read", told)
    try:
        found = context.tasks().runs(task.id, LIMIT)
    except TaskError as problem:
        raise fault(told, problem) from None
    return reply({"events": [event for run in found for event in events(run)] or None})

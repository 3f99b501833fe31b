"""Tasks run on time, are kept, and hurt nobody: with a clock that the test moves, so that nothing is waited for."""

import threading

import pytest

from influxlite.tasks import NotFoundError, TaskError, TaskService, TooManyError, limits, spans
from influxlite.tasks.model import ACTIVE, CANCELED, FAILED, INACTIVE, SCHEDULED, SECOND_NS, STARTED, SUCCESS
from influxlite.tasks.rewriting import Changes
from tests.influxlite.tasks.conftest import Desk, clock, instant, rfc3339

COPY = """from(bucket: "telemetry") |> range(start: -task.every) |> filter(fn: (r) => r._measurement == "cpap")
    |> aggregateWindow(every: 1m, fn: mean) |> set(key: "_measurement", value: "cpap_1m") |> to(bucket: "telemetry")"""
LONG = """generate.from(count: 2000000, fn: (n) => n, start: 2026-01-01T00:00:00Z, stop: 2026-01-02T00:00:00Z)
    |> reduce(identity: {s: 0}, fn: (r, accumulator) => ({s: accumulator.s + r._value % 7}))"""
EVERYTHING = 'from(bucket: "telemetry") |> range(start: 0)'


def test_a_task_runs_when_it_is_due(desk: Desk) -> None:
    """Once for each multiple of `every`, not before, and `now()` is what the run is for."""
    script = """import "array"
array.from(rows: [{_time: now(), _measurement: "m", _field: "f", _value: 1}]) |> to(bucket: "telemetry")"""
    task = desk.make('name: "a", every: 1m', script)
    assert desk.at("10:00:59") == []
    assert desk.at("10:01:00") == ["10:01:00"]
    assert desk.at("10:03:30") == ["10:02:00", "10:03:00"]
    written = [clock(row["_time"] // SECOND_NS) for row in desk.query(EVERYTHING)]
    assert sorted(written) == ["10:01:00", "10:02:00", "10:03:00"]
    found = desk.service.task(task.id)
    assert (clock(found.latest_completed_s), found.last_run_status) == ("10:03:00", SUCCESS)


def test_an_offset_delays_the_start_and_not_the_time(desk: Desk) -> None:
    """Ten minutes after the hour the run for the hour starts."""
    desk.make('name: "a", every: 1h, offset: 10m')
    assert desk.at("11:09:59") == []
    assert desk.at("11:10:00") == ["11:00:00"]


def test_cron_says_when(desk: Desk) -> None:
    """By the line, in UTC."""
    desk.make('name: "a", cron: "15 */6 * * *"')
    assert desk.at("20:00:00") == ["12:15:00", "18:15:00"]


def test_a_downsampling_task_fills_its_measurement(desk: Desk) -> None:
    """The windows of the last minute, again and again, are the mean of what was measured."""
    start = instant("10:00:00")
    desk.box.write("\n".join(f"cpap,room=1 spo2={90 + i % 2} {(start + i) * SECOND_NS}" for i in range(180)))
    desk.make('name: "down", every: 1m', COPY)
    assert len(desk.at("10:03:00")) == 3
    found = desk.query(
        'from(bucket: "telemetry") |> range(start: ' + rfc3339("10:00:00") + ", stop: " + rfc3339("11:00:00") + ")"
        ' |> filter(fn: (r) => r._measurement == "cpap_1m")'
    )
    assert [row["_value"] for row in found] == [90.5, 90.5, 90.5]


def test_last_success_is_what_the_last_good_run_was_for(desk: Desk) -> None:
    """`tasks.lastSuccess` says `orTime` at first, then the time of the run before."""
    script = """import "array"
import "influxdata/influxdb/tasks"
array.from(rows: [{_time: now(), _measurement: "m", _field: "f", _value: int(v: tasks.lastSuccess(orTime: -2m))}])
    |> to(bucket: "telemetry")"""
    desk.make('name: "a", every: 1m', script)
    desk.at("10:02:00")
    found = {clock(row["_time"] // SECOND_NS): clock(row["_value"] // SECOND_NS) for row in desk.query(EVERYTHING)}
    assert found == {
        "10:01:00": "09:59:00",
        "10:02:00": "10:01:00",
    }


def test_tasks_are_kept(desk: Desk) -> None:
    """After a kill they are there, go on where they were, and make up for what they missed."""
    task = desk.make('name: "a", every: 1m', description="why")
    idle = desk.make('name: "b", every: 1m', status=INACTIVE)
    assert desk.at("10:01:00") == ["10:01:00"]
    before = desk.service.tasks()
    desk.now = "10:04:10"
    desk.reopen()
    assert desk.service.tasks() == before
    assert desk.at(desk.now) == ["10:02:00", "10:03:00", "10:04:00"]
    assert desk.service.task(task.id).description == "why"
    assert desk.over(idle.id) == []


def test_runs_that_wait_are_kept(desk: Desk) -> None:
    """A run that was made but not begun, and one for later, run after a kill."""
    task = desk.make('name: "a", every: 1m')
    later = desk.service.run_by_hand(task.id, instant("10:01:30"))
    desk.now = "10:01:10"
    desk.service.tick()
    desk.reopen()
    assert desk.at("10:01:20") == ["10:01:00"]
    assert desk.at("10:01:30") == ["10:01:30"]
    assert desk.service.run(task.id, later.id).status == SUCCESS
    desk.reopen()
    assert desk.at("10:01:40") == []


def test_a_task_that_fails_says_why_and_goes_on(desk: Desk) -> None:
    """The run is failed, its log holds InfluxDB's words, the task has them, and the next run has its chance."""
    task = desk.make('name: "a", every: 1m', 'from(bucket: "nope") |> range(start: -1m)')
    desk.at("10:01:00")
    problem = 'error exhausting result iterator: failed to initialize execute state: could not find bucket "nope"'
    [run] = desk.over(task.id)
    assert run.status == FAILED
    assert [line.message for line in run.log][1:] == [
        "Completed(failed)",
        problem,
        f"Task encountered unrecoverable error, requires admin action: {problem}",
    ]
    found = desk.service.task(task.id)
    assert (found.last_run_status, found.last_run_error, found.latest_success_s) == (FAILED, problem, 0)
    assert desk.at("10:02:00") == ["10:02:00"]


def test_a_script_beyond_its_limits_is_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run has limits of its own, and names the one that it met."""
    monkeypatch.setattr(limits, "RUN", limits.Limits(rows=10))
    script = """import "generate"
generate.from(count: 11, fn: (n) => n, start: 2026-01-01T00:00:00Z, stop: 2026-01-02T00:00:00Z)"""
    task = desk.make('name: "a", every: 1m', script)
    desk.at("10:01:00")
    assert "query makes more than 10 rows in one step" in desk.over(task.id)[0].log[-1].message


def test_runs_of_one_task_go_one_by_one(desk: Desk) -> None:
    """While one goes on the next waits, unless `concurrency` allows more; other tasks are not kept waiting."""
    one = desk.make('name: "one", every: 1m')
    two = desk.make('name: "two", every: 1m, concurrency: 2')
    desk.now = "10:03:00"
    desk.service.tick()
    queue = desk.service._queue
    taken = []
    while (active := queue.take(instant(desk.now))) is not None:
        taken.append(active.run.task_id)
    assert sorted(taken) == sorted([one.id, two.id, two.id])


def test_a_task_that_lags_waits_for_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more runs wait than are allowed; the schedule goes on from there, and no run is left out."""
    monkeypatch.setattr(limits, "AHEAD", 3)
    task = desk.make('name: "a", every: 1s')
    desk.now = "10:00:40"
    desk.service.tick()
    desk.service.tick()
    assert len(desk.service.runs(task.id, 100)) == 3
    assert len(desk.at("10:00:40")) == 10


def test_a_task_that_is_far_behind_leaves_the_oldest_runs_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that jumped a day does not make a day of runs: the newest are made up for, as after a restart."""
    monkeypatch.setattr(limits, "MISSED", 3)
    desk.make('name: "a", every: 1s')
    found = desk.at("+1 10:00:00")
    assert found == ["+1 09:59:58", "+1 09:59:59", "+1 10:00:00"]
    assert desk.at("+1 10:00:02") == ["+1 10:00:01", "+1 10:00:02"]


def test_an_inactive_task_rests_and_begins_anew(desk: Desk) -> None:
    """Nothing runs while it is inactive, and what was missed then is not made up for."""
    task = desk.make('name: "a", every: 1m')
    desk.service.update(task.id, Changes(), status=INACTIVE)
    assert desk.at("10:05:10") == []
    with pytest.raises(TaskError, match="inactive task"):
        desk.service.run_by_hand(task.id)
    desk.service.update(task.id, Changes(), status=ACTIVE)
    assert desk.at("10:06:00") == ["10:06:00"]


def test_a_changed_schedule_is_in_force_at_once(desk: Desk) -> None:
    """From every minute to every hour, and the script says so too."""
    task = desk.make('name: "a", every: 1m')
    changed = desk.service.update(task.id, Changes(every=spans.read("1h")))
    assert "every: 1h}" in changed.flux
    assert desk.at("10:05:00") == []
    assert desk.at("11:00:00") == ["11:00:00"]


def test_a_deleted_task_is_gone(desk: Desk) -> None:
    """With the runs that wait, also after a kill."""
    task = desk.make('name: "a", every: 1m')
    desk.service.run_by_hand(task.id)
    desk.service.delete(task.id)
    with pytest.raises(NotFoundError):
        desk.service.task(task.id)
    assert desk.at("10:05:00") == []
    desk.reopen()
    assert desk.service.tasks() == []
    assert desk.at("10:06:00") == []


def test_a_run_that_waits_can_be_cancelled(desk: Desk) -> None:
    """It never begins, and is told as canceled."""
    task = desk.make('name: "a", every: 1h')
    run = desk.service.run_by_hand(task.id)
    assert desk.service.run(task.id, run.id).status == SCHEDULED
    desk.service.cancel(task.id, run.id)
    assert desk.at("10:05:00") == []
    assert desk.service.run(task.id, run.id).status == CANCELED
    with pytest.raises(NotFoundError):
        desk.service.cancel(task.id, run.id)


def test_runs_by_hand_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the bound may not wait."""
    monkeypatch.setattr(limits, "PLANNED", 2)
    task = desk.make('name: "a", every: 1h')
    for _ in range(2):
        desk.service.run_by_hand(task.id)
    with pytest.raises(TooManyError, match="2 runs of this task wait already"):
        desk.service.run_by_hand(task.id)


def test_tasks_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the bound cannot be made."""
    monkeypatch.setattr(limits, "TASKS", 1)
    desk.make('name: "a", every: 1h')
    with pytest.raises(TooManyError, match="there are 1 tasks already"):
        desk.make('name: "b", every: 1h')


def test_a_run_is_retried_for_the_same_time(desk: Desk) -> None:
    """A new run with an id of its own, for what the first was for."""
    task = desk.make('name: "a", every: 1m')
    desk.at("10:01:00")
    [first] = desk.over(task.id)
    again = desk.service.retry(task.id, first.id)
    assert (again.scheduled_for_s, again.id > first.id) == (first.scheduled_for_s, True)
    assert desk.at("10:01:01") == ["10:01:00"]


@pytest.mark.parametrize(("field", "given"), [("script", {}), ("description", {"description": "x" * 10_001})])
def test_a_task_has_a_size(desk: Desk, monkeypatch: pytest.MonkeyPatch, field: str, given: dict[str, str]) -> None:
    """Script and description are bounded, and the refusal names which."""
    monkeypatch.setattr(limits, "RUN", limits.Limits(source_bytes=500))
    script = "buckets()" if given else "buckets()" + " " * 500
    with pytest.raises(TaskError, match=f"the {field} is longer than"):
        desk.make('name: "a", every: 1h', script, **given)


def started(service: TaskService, desk: Desk) -> tuple[str, str]:
    """A task whose run goes on for long, and the run that a worker has."""
    script = f'import "generate"\noption task = {{name: "long", every: 1h}}\n{LONG}'
    task = service.create(desk.box.org.id, "0000000000000001", script)
    run = service.run_by_hand(task.id)
    while service.run(task.id, run.id).status != STARTED:
        pass
    return task.id, run.id


def test_a_run_that_goes_on_is_stopped(desk: Desk) -> None:
    """Long before its end; it is told as canceled, and the task goes on."""
    service = TaskService(desk.box.storage)
    service.start()
    task_id, run_id = started(service, desk)
    service.cancel(task_id, run_id)
    while (run := service.run(task_id, run_id)).status == STARTED:
        pass
    assert (run.status, run.log[-1].message) == (CANCELED, "Completed(canceled)")
    assert service.task(task_id).last_run_status == CANCELED
    service.stop()


def test_a_run_that_a_stop_breaks_off_begins_anew(desk: Desk) -> None:
    """A server that ends does not wait for it, and the next start runs it."""
    service = TaskService(desk.box.storage)
    service.start()
    task_id, run_id = started(service, desk)
    service.stop()
    again = TaskService(desk.box.storage)
    assert again.run(task_id, run_id).status == SCHEDULED


def test_threads_run_what_is_due_and_end(desk: Desk) -> None:
    """The real thing: a run starts by itself, and after `stop` no thread is left."""
    before = threading.active_count()
    service = TaskService(desk.box.storage)
    service.start()
    task = service.create(desk.box.org.id, "0000000000000001", 'option task = {name: "a", every: 1h}\nbuckets()')
    run = service.run_by_hand(task.id)
    while service.run(task.id, run.id).status != SUCCESS:
        pass
    service.stop()
    assert threading.active_count() == before

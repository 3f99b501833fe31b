"""The tasks of a storage: kept, scheduled, run.

    service = TaskService(storage)     what was kept is known again, nothing runs yet
    service.start()                    from now on runs start on time, in threads of their own
    service.stop()                     before the storage is closed; what was running begins anew at the next start

Tests give a clock of their own and call `tick` (make the runs that are due) and `work` (run them) instead of `start`.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from influxlite.storage import Storage, StorageError
from influxlite.tasks import limits, options
from influxlite.tasks.errors import NeverDueError, NotFoundError, TaskError, TooManyError
from influxlite.tasks.history import History
from influxlite.tasks.model import (
    ACTIVE,
    CANCELED,
    FAILED,
    INACTIVE,
    SCHEDULED,
    SECOND_NS,
    STARTED,
    SUCCESS,
    Ids,
    LogLine,
    Run,
    Task,
)
from influxlite.tasks.queue import Active, RunQueue
from influxlite.tasks.rewriting import Changes, rewrite
from influxlite.tasks.schedule import Schedule
from influxlite.tasks.script import quoted, run_script
from influxlite.tasks.store import Documents, change_together

log = logging.getLogger("influxlite.tasks")
PACE_S = 1.0  # how often the clock is looked at when nothing is due: it may jump
UNRECOVERABLE = ("could not find bucket", "could not parse Flux script", "filesystem service uninitialized")


class TaskService:
    """All methods may be called from any thread."""

    def __init__(self, storage: Storage, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        """Read what is kept, and make up for at most `limits.MISSED` runs of each task that fell into a pause."""
        self._storage, self._now_ns = storage, now_ns
        self._tasks, self._runs = Documents(storage, "tasks"), Documents(storage, "task_runs")
        self.history = History(storage)
        self._ids = Ids()
        self._lock = threading.RLock()
        self._queue = RunQueue(self._concurrency)
        self._schedules: dict[str, tuple[Schedule, int]] = {}
        self._known = {body["id"]: Task(**body) for body in self._tasks.all()}
        self._wake = threading.Condition()
        self._stopping = False
        self._last_ns = 0
        self._threads: list[threading.Thread] = []
        self.finished: dict[str, int] = dict.fromkeys((SUCCESS, FAILED, CANCELED), 0)
        self._resume()

    # tasks

    def task(self, task_id: str) -> Task:
        """The task of that id; NotFoundError."""
        found = self._known.get(task_id)
        if found is None:
            raise NotFoundError("task not found")
        return found

    def tasks(self) -> list[Task]:
        """Every task, by id, which is the order of their making."""
        with self._lock:
            return [task for _, task in sorted(self._known.items())]

    def counts(self) -> dict[str, int]:
        """How many tasks there are of each status."""
        with self._lock:
            active = sum(task.status == ACTIVE for task in self._known.values())
            return {ACTIVE: active, INACTIVE: len(self._known) - active}

    def unfinished(self) -> int:
        """How many runs of all tasks wait or go on."""
        return len(self._queue)

    def create(self, org_id: str, owner_id: str, script: str, *, status: str = "", description: str = "") -> Task:
        """A new task, scheduled unless inactive. TaskError and StorageError."""
        _check_length("script", script, limits.RUN.source_bytes)
        _check_length("description", description, limits.DESCRIPTION_CHARACTERS)
        found = options.read(script)
        now_ns = self._now_ns()
        now_s = now_ns // SECOND_NS
        task = Task(
            self._ids.new(),
            org_id,
            owner_id,
            found.name,
            status or ACTIVE,
            script,
            found.every,
            found.cron,
            found.offset_s,
            found.concurrency,
            description,
            created_at_ns=now_s * SECOND_NS,
            latest_scheduled_s=now_s,
            latest_completed_s=now_s,
        )
        first = self._first(task)
        with self._lock:
            if len(self._known) >= limits.TASKS:
                raise TooManyError(f"there are {limits.TASKS} tasks already; delete some that are not needed")
            self._keep(task)
            self._schedule(task, first)
        return task

    def update(
        self,
        task_id: str,
        changes: Changes,
        *,
        script: str | None = None,
        status: str = "",
        description: str | None = None,
    ) -> Task:
        """A task changed: its options inside its script, or all of the script, its status, its description."""
        with self._lock:
            before = self.task(task_id)
            now_ns = self._now_ns()
            task = before
            _check_length("script", script or "", limits.RUN.source_bytes)
            _check_length("description", description or "", limits.DESCRIPTION_CHARACTERS)
            if script is not None or changes != Changes():
                text = rewrite(script or before.flux, changes) if script != "" or changes != Changes() else ""
                found = options.read(text)
                task = replace(
                    task,
                    flux=text,
                    name=found.name,
                    every=found.every,
                    cron=found.cron,
                    offset_s=found.offset_s,
                    concurrency=found.concurrency,
                    updated_at_ns=now_ns,
                )
            if description is not None:
                task = replace(task, description=description, updated_at_ns=now_ns)
            if status and status != task.status:
                task = replace(task, status=status, updated_at_ns=now_ns)
                if status == ACTIVE:
                    now_s = now_ns // SECOND_NS
                    task = replace(task, latest_completed_s=now_s, latest_scheduled_s=now_s)
            first = self._first(task)
            self._keep(task)
            if task.status == INACTIVE:
                self._schedules.pop(task.id, None)
            elif (task.every, task.cron, task.offset_s, task.status) != (
                before.every, before.cron, before.offset_s, before.status,
            ):  # fmt: skip
                self._schedule(task, first)
            return task

    def put(self, task: Task) -> Task:
        """Keep a task whose labels, members or owners were changed."""
        with self._lock:
            self.task(task.id)
            self._keep(task)
        return task

    def delete(self, task_id: str) -> None:
        """A task is gone with the runs that wait; one that goes on is stopped. Runs that are over stay in `_tasks`."""
        with self._lock:
            self.task(task_id)
            self._schedules.pop(task_id, None)
            waiting = self._queue.cancel_all(task_id)
            change_together(self._storage, {self._tasks: ({}, (task_id,)), self._runs: ({}, tuple(waiting))})
            del self._known[task_id]

    def _keep(self, task: Task) -> None:
        """A new or changed task on disk, then in memory."""
        self._tasks.change({task.id: task.to_json()})
        self._known[task.id] = task

    def _concurrency(self, task_id: str) -> int:
        """How many runs of a task may go on at once; none of one that is gone."""
        found = self._known.get(task_id)
        return found.concurrency if found is not None else 0

    # runs

    def runs(
        self, task_id: str, limit: int, *, after_s: int | None = None, before_s: int | None = None, after_id: str = ""
    ) -> list[Run]:
        """Runs of a task: those that are not over, then the newest of those that are. The bounds are exclusive."""
        task = self.task(task_id)
        latest = before_s if before_s is not None else self._now_ns() // SECOND_NS + 1
        found = [
            run
            for run in self._queue.of_task(task_id)
            if run.scheduled_for_s < latest and run.scheduled_for_s > (after_s or 0) and run.id > after_id
        ][:limit]
        if len(found) >= limit:
            return found
        over = self.history.find(task, limit - len(found), after_s=after_s, before_s=latest, after_id=after_id)
        known = {run.id for run in over}
        return [run for run in found if run.id not in known] + over

    def run(self, task_id: str, run_id: str) -> Run:
        """One run of a task; NotFoundError."""
        task = self.task(task_id)
        found = next((run for run in self._queue.of_task(task_id) if run.id == run_id), None)
        found = found or self.history.get(task, run_id)
        if found is None:
            raise NotFoundError("run not found")
        return found

    def run_by_hand(self, task_id: str, scheduled_for_s: int | None = None) -> Run:
        """A run beside the schedule, now, or when the instant that it is for has come."""
        with self._lock:
            task = self.task(task_id)
            if task.status == INACTIVE:
                raise TaskError("inactive task")
            now_ns = self._now_ns()
            at = now_ns // SECOND_NS if scheduled_for_s is None else scheduled_for_s
            run = Run(self._ids.new(), task_id, SCHEDULED, at, at, requested_at_ns=now_ns)
            if len(self._queue.of_task(task_id)) >= limits.PLANNED:
                raise TooManyError(f"{limits.PLANNED} runs of this task wait already; send this one again later")
            self._add([run])
        self._notify()
        return run

    def retry(self, task_id: str, run_id: str) -> Run:
        """A new run for the same instant as an earlier one."""
        task = self.task(task_id)
        if task.status == INACTIVE:
            raise TaskError("inactive task")
        return self.run_by_hand(task_id, self.run(task_id, run_id).scheduled_for_s)

    def cancel(self, task_id: str, run_id: str) -> None:
        """Stop a run, or let one that waits never begin; NotFoundError where it is over or never was."""
        task = self.task(task_id)
        if all(run.id != run_id for run in self._queue.of_task(task_id)):
            raise NotFoundError("run not found")
        waiting = self._queue.cancel(run_id)
        if waiting is not None:
            now = self._instant_ns()
            over = replace(waiting, status=CANCELED, finished_at_ns=now, log=(LogLine(now, "Run canceled"),))
            self.history.record(task, over)
            self._runs.change({}, (run_id,))
            self.finished[CANCELED] += 1

    def _add(self, runs: list[Run], task: Task | None = None) -> None:
        """Runs on disk, together with their task where it changes, then in the queue."""
        put = {run.id: run.to_json() for run in runs}
        changes: dict[Documents, Any] = {self._runs: (put, ())}
        if task is not None:
            changes[self._tasks] = ({task.id: task.to_json()}, ())
        change_together(self._storage, changes)
        if task is not None:
            self._known[task.id] = task
        self._queue.add(runs)

    # the schedule

    def _resume(self) -> None:
        """What was kept: runs that were not over wait again, active tasks go on where they were."""
        now_s = self._now_ns() // SECOND_NS
        runs = [Run.from_json(body) for body in self._runs.all()]
        self._queue.add(run for run in runs if run.task_id in self._known)
        orphans = [run.id for run in runs if run.task_id not in self._known]
        if orphans:
            self._runs.change({}, orphans)
        for task in self._known.values():
            if task.status != ACTIVE:
                continue
            try:
                schedule = Schedule.of(task)
                since = schedule.missed(task.latest_scheduled_s, now_s, limits.MISSED)
                self._schedules[task.id] = schedule, schedule.after(since)
            except NeverDueError as fault:  # a cron line whose years are over
                log.warning("task %s has no more runs: %s", task.id, fault)

    def _first(self, task: Task) -> tuple[Schedule, int]:
        """A task's schedule and the first run of it that is not made yet; NeverDueError where there will be none."""
        schedule = Schedule.of(task)
        return schedule, schedule.after(schedule.aligned(task.latest_scheduled_s))

    def _schedule(self, task: Task, first: tuple[Schedule, int]) -> None:
        """From now on the task runs on time."""
        if task.status == ACTIVE:
            self._schedules[task.id] = first
            self._notify()

    def tick(self) -> int | None:
        """Make the runs that are due now; when something is due next, in seconds since 1970."""
        with self._lock:
            now_s = self._now_ns() // SECOND_NS
            for task_id in list(self._schedules):
                self._make_due(task_id, now_s)
            due = [following + schedule.offset_s for schedule, following in self._schedules.values()]
        waiting = self._queue.next_start_s()
        return min([*due, *([waiting] if waiting is not None else [])], default=None)

    def _make_due(self, task_id: str, now_s: int) -> None:
        """The runs of one task that are due, as far as there is room for them.

        After a long pause, or where its runs take longer than it allows, a task leaves the oldest out.
        """
        schedule, following = self._schedules[task_id]
        if schedule.is_late(following, now_s, limits.MISSED):
            log.warning("task %s is late: only its newest %d runs are made up for", task_id, limits.MISSED)
            following = schedule.after(schedule.missed(self.task(task_id).latest_scheduled_s, now_s, limits.MISSED))
            self._schedules[task_id] = schedule, following
        room = limits.AHEAD - len(self._queue.of_task(task_id)) if following + schedule.offset_s <= now_s else 0
        made: list[Run] = []
        ended = False
        while not ended and len(made) < room and following + schedule.offset_s <= now_s:
            made.append(Run(self._ids.new(), task_id, SCHEDULED, following, following + schedule.offset_s))
            try:
                following = schedule.after(following)
            except NeverDueError:
                ended = True
        if not made:
            return
        self._add(made, replace(self.task(task_id), latest_scheduled_s=made[-1].scheduled_for_s))
        if ended:
            del self._schedules[task_id]
        else:
            self._schedules[task_id] = schedule, following

    # the work

    def work(self) -> int:
        """Run everything that can run now, in this thread; how many runs that were."""
        count = 0
        while (active := self._queue.take(self._now_ns() // SECOND_NS)) is not None:
            self._execute(active)
            count += 1
        return count

    def _execute(self, active: Active) -> None:
        """One run from its start to its record."""
        task = self._known.get(active.run.task_id)
        try:
            if task is None:
                return
            began = self._instant_ns()
            line = LogLine(began, _short(f"Started task from script: {quoted(task.flux)}"))
            active.run = replace(active.run, status=STARTED, started_at_ns=began, log=(line,))
            problem = run_script(self._storage, task, active.run, active.cancel)
            if self._stopping and active.cancel.is_set():
                return  # it is kept as waiting, and begins anew at the next start
            status = CANCELED if active.cancel.is_set() else FAILED if problem else SUCCESS
            self._finish(active.run, status, problem)
        except StorageError as fault:
            log.warning("a run of task %s is over but could not be recorded: %s", active.run.task_id, fault)
        finally:
            self._queue.done(active.run.id)

    def _instant_ns(self) -> int:
        """Now, and an instant that no run has begun at: a run that is over is a point, and the instant is its own."""
        with self._lock:
            self._last_ns = max(self._last_ns + 1, self._now_ns())
            return self._last_ns

    def _finish(self, run: Run, status: str, problem: str) -> None:
        """Record how a run ended, in `_tasks` and at its task."""
        now = self._now_ns()
        lines = [*run.log, LogLine(now, f"Completed({status})")]
        if problem and status == FAILED:
            lines.append(LogLine(now, _short(problem)))
            if any(words in problem for words in UNRECOVERABLE):
                told = f"Task encountered unrecoverable error, requires admin action: {problem}"
                lines.append(LogLine(now, _short(told)))
        over = replace(run, status=status, finished_at_ns=now, log=tuple(lines))
        if run.task_id in self._known:
            self.history.record(self.task(run.task_id), over)
        with self._lock:
            task = self._known.get(run.task_id)
            if task is None:
                return
            success_s = run.scheduled_for_s if status == SUCCESS else 0
            task = replace(
                task,
                latest_completed_s=max(task.latest_completed_s, run.scheduled_for_s),
                latest_success_s=max(task.latest_success_s, success_s),
                last_run_status=status,
                last_run_error=lines[-2].message if status == FAILED else "",
            )
            put = {task.id: task.to_json()}
            change_together(self._storage, {self._tasks: (put, ()), self._runs: ({}, (run.id,))})
            self._known[task.id] = task
            self.finished[status] += 1

    # threads

    def start(self) -> None:
        """Start the scheduler and its workers."""
        bodies = [self._keep_time, *[self._keep_working] * limits.WORKERS]
        for number, body in enumerate(bodies):
            thread = threading.Thread(target=body, name=f"influxlite-tasks-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Stop what goes on and end the threads."""
        self._stopping = True
        self._notify()
        self._queue.cancel_all()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _notify(self) -> None:
        """Something may be due: look now."""
        with self._wake:
            self._wake.notify_all()

    def _keep_time(self) -> None:
        """Look at the clock until the end."""
        while not self._stopping:
            try:
                following = self.tick()
            except StorageError as fault:
                log.warning("no run was made, the next look is in a second: %s", fault)
                following = None
            except Exception:
                log.exception("fault while looking what is due")
                following = None
            self._notify()
            wait_s = PACE_S if following is None else following - self._now_ns() / SECOND_NS
            with self._wake:
                if not self._stopping:
                    self._wake.wait(min(max(wait_s, 0.01), PACE_S))

    def _keep_working(self) -> None:
        """Run what waits until the end."""
        while not self._stopping:
            if self.work() == 0:
                with self._wake:
                    if not self._stopping:
                        self._wake.wait(PACE_S)


def _check_length(what: str, text: str, most: int) -> None:
    """TaskError where a text is longer than it may be."""
    if len(text) > most:
        raise TaskError(f"the {what} is longer than {most} characters")


def _short(text: str) -> str:
    """A line of a log, cut where it is longer than it may be."""
    return text if len(text) <= limits.MESSAGE_CHARACTERS else f"{text[: limits.MESSAGE_CHARACTERS]} …"

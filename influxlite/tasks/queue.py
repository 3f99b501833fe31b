"""Runs that wait for a worker, and those that a worker has: who is next, and who may run beside whom."""

import bisect
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from influxlite.tasks.model import Run


@dataclass(slots=True)
class Active:
    """A run that a worker has, and how to stop it."""

    run: Run
    cancel: threading.Event = field(default_factory=threading.Event)


def _place(run: Run) -> tuple[int, str]:
    """Runs of a task go in the order of what they are for."""
    return run.scheduled_for_s, run.id


class RunQueue:
    """All runs that are not over. `concurrency` tells how many runs of a task may go on at once."""

    def __init__(self, concurrency: Callable[[str], int]) -> None:
        """Nothing waits."""
        self._concurrency = concurrency
        self._lock = threading.Lock()
        self._waiting: dict[str, list[Run]] = {}
        self._active: dict[str, Active] = {}

    def __len__(self) -> int:
        """How many runs wait or go on."""
        with self._lock:
            return len(self._active) + sum(map(len, self._waiting.values()))

    def add(self, runs: Iterable[Run]) -> None:
        """Let runs wait for their time and for a worker."""
        with self._lock:
            for run in runs:
                bisect.insort(self._waiting.setdefault(run.task_id, []), run, key=_place)

    def take(self, now_s: int) -> Active | None:
        """The oldest run whose time has come and whose task has not enough others going on; it is active then."""
        with self._lock:
            busy: dict[str, int] = {}
            for active in self._active.values():
                busy[active.run.task_id] = busy.get(active.run.task_id, 0) + 1
            found = [
                run
                for task_id, runs in self._waiting.items()
                if busy.get(task_id, 0) < self._concurrency(task_id)
                and (run := next((one for one in runs if one.run_at_s <= now_s), None))
            ]
            if not found:
                return None
            run = min(found, key=_place)
            self._forget(run)
            self._active[run.id] = Active(run)
            return self._active[run.id]

    def done(self, run_id: str) -> None:
        """A worker is done with a run."""
        with self._lock:
            self._active.pop(run_id, None)

    def cancel(self, run_id: str) -> Run | None:
        """Take a waiting run out, or tell the worker that has it to stop; the run where it was still waiting."""
        with self._lock:
            active = self._active.get(run_id)
            if active is not None:
                active.cancel.set()
                return None
            for runs in self._waiting.values():
                for run in runs:
                    if run.id == run_id:
                        self._forget(run)
                        return run
        return None

    def cancel_all(self, task_id: str | None = None) -> list[str]:
        """Stop all runs of a task (or of all tasks); the ids of those that were waiting."""
        with self._lock:
            for active in self._active.values():
                if task_id in (None, active.run.task_id):
                    active.cancel.set()
            tasks = [task_id] if task_id is not None else list(self._waiting)
            return [run.id for one in tasks for run in self._waiting.pop(one, [])]

    def of_task(self, task_id: str) -> list[Run]:
        """The runs of a task that are not over, by id."""
        with self._lock:
            found = [*self._waiting.get(task_id, ())]
            found += [active.run for active in self._active.values() if active.run.task_id == task_id]
        return sorted(found, key=lambda run: run.id)

    def next_start_s(self) -> int | None:
        """When the next waiting run may start; None where none waits."""
        with self._lock:
            return min((run.run_at_s for runs in self._waiting.values() for run in runs), default=None)

    def _forget(self, run: Run) -> None:
        """A run no longer waits; the lock is held."""
        runs = self._waiting[run.task_id]
        runs.remove(run)
        if not runs:
            del self._waiting[run.task_id]

"""The threads that run the app, and how their results come back to the event loop.

What concurrent.futures does for each result (a condition, a callback, a byte through the loop's pipe) costs more than a
small answer itself. Here results gather in a queue, and the loop is woken once for all that are there.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

Job = tuple["asyncio.Future[Any]", Callable[..., Any], tuple[Any, ...]]
Inbox = SimpleQueue[Job | None]


class Pool:
    """Up to a number of daemon threads; `run` is called on the event loop's thread alone.

    A job goes to the thread that was idle for the shortest time: what it touched last is still in the processor's
    caches and in the allocators' lists of that thread, so that a small job takes half of what it takes where each of
    many threads has its turn. A thread is started when all others are busy.
    """

    def __init__(self, threads: int, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._most = threads
        self._inboxes: list[Inbox] = []  # one of each thread
        self._idle: list[Inbox] = []  # those of the threads that wait, the last one for the shortest time
        self._jobs: deque[Job] = deque()  # what no thread has taken yet
        self._closed = False
        self._lock = threading.Lock()  # over the four above
        self._results: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._woken = False

    def run(self, call: Callable[..., Any], *arguments: Any) -> "asyncio.Future[Any]":
        """Call it in a thread; the future gets what it returns or raises."""
        future = self._loop.create_future()
        job = (future, call, arguments)
        with self._lock:
            if self._idle:
                self._idle.pop().put(job)
            elif len(self._inboxes) < self._most:
                self._start().put(job)
            else:
                self._jobs.append(job)
        return future

    def _start(self) -> Inbox:
        """A further thread's inbox."""
        inbox: Inbox = SimpleQueue()
        self._inboxes.append(inbox)
        name = f"request-{len(self._inboxes)}"
        threading.Thread(target=self._work, args=(inbox,), name=name, daemon=True).start()
        return inbox

    def until(self, when_ready: Callable[[Callable[[], None]], None]) -> "asyncio.Future[Any]":
        """A future that is done when `when_ready` calls back what it is given, from whichever thread."""
        future = self._loop.create_future()
        when_ready(lambda: self._give(future, None, None))
        return future

    def close(self) -> None:
        """Let each thread end after the job it has, once none waits."""
        with self._lock:
            self._closed = True
            for inbox in self._idle:
                inbox.put(None)
            self._idle.clear()

    def _work(self, inbox: Inbox) -> None:
        while (job := inbox.get()) is not None:
            while job is not None:
                future, call, arguments = job
                result, error = None, None
                try:
                    result = call(*arguments)
                except BaseException as raised:
                    error = raised
                self._give(future, result, error)
                job = self._next(inbox)
            if self._closed:
                return

    def _next(self, inbox: Inbox) -> Job | None:
        """The job that waits for the longest time; where none does, the thread of this inbox is idle from now on."""
        with self._lock:
            if self._jobs:
                return self._jobs.popleft()
            if not self._closed:
                self._idle.append(inbox)
            return None

    def _give(self, future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
        """Hand a result to the loop's thread. Many at once, as after a commit, wake it once."""
        self._results.append((future, result, error))
        # Whoever sets the flag wakes the loop; `_deliver` clears it before it looks, so no result is overlooked.
        if not self._woken:
            self._woken = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._woken = False
        while self._results:
            future, result, error = self._results.popleft()
            if future.cancelled():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

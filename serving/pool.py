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


class Pool:
    """A fixed number of daemon threads; `run` is called on the event loop's thread alone."""

    def __init__(self, threads: int, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._results: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._woken = False
        self._threads = [threading.Thread(target=self._work, name=f"request-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def run(self, call: Callable[..., Any], *arguments: Any) -> "asyncio.Future[Any]":
        """Call it in a thread; the future gets what it returns or raises."""
        future = self._loop.create_future()
        self._jobs.put((future, call, arguments))
        return future

    def until(self, when_ready: Callable[[Callable[[], None]], None]) -> "asyncio.Future[Any]":
        """A future that is done when `when_ready` calls back what it is given, from whichever thread."""
        future = self._loop.create_future()
        when_ready(lambda: self._give(future, None, None))
        return future

    def close(self) -> None:
        """Let each thread end after the job it has."""
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, call, arguments = job
            result, error = None, None
            try:
                result = call(*arguments)
            except BaseException as raised:
                error = raised
            self._give(future, result, error)

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

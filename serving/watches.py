"""Notices that a client has left before its answer is there."""

import asyncio
import threading
from typing import Any

SWEEP_EVERY_S = 0.05  # most answers are there sooner, and only those that are not cost a task


class Watches:
    """The requests under way, each with the event that says that its client is gone."""

    def __init__(self) -> None:
        self._young: dict[threading.Event, Any] = {}
        self._tasks: dict[threading.Event, asyncio.Task[None]] = {}

    def begin(self, proto: Any, left: threading.Event) -> None:
        """A request is under way; from about the second sweep on its client is watched."""
        self._young[left] = proto

    def end(self, left: threading.Event) -> None:
        """The request is done; nobody waits for the event any more."""
        self._young.pop(left, None)
        task = self._tasks.pop(left, None)
        if task is not None:
            task.cancel()

    async def sweep(self) -> None:
        """Begin to watch what has been under way for a while, for as long as the server runs."""
        loop = asyncio.get_running_loop()
        while True:
            seen = list(self._young)
            await asyncio.sleep(SWEEP_EVERY_S)
            for left in seen:
                proto = self._young.pop(left, None)
                if proto is not None:
                    self._tasks[left] = loop.create_task(_watch(proto, left))


async def _watch(proto: Any, left: threading.Event) -> None:
    await proto.client_disconnect()
    left.set()

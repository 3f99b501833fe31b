"""Reads a request's body before the app is called: under a deadline, under a limit, and whole or not at all."""

import asyncio
from typing import Any

from granian._granian import RSGIProtocolClosed

from serving.limits import Limits, Refusal

SWEEP_EVERY_S = 0.1


class Turned(Exception):  # noqa: N818 - not an error of ours: the client is told no
    """The body cannot be had; `refusal` says what the client is told."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


class Bodies:
    """Receives bodies and keeps count of what all of them hold, so that many large ones cannot fill the memory.

    One sweep for all bodies looks for those beyond their deadline: a timer for each costs more than a small body.
    """

    def __init__(self, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self._limits = limits
        self._loop = loop
        self._held = 0
        self._deadlines: dict[asyncio.Task[Any], float] = {}
        self._overdue: set[asyncio.Task[Any]] = set()

    async def sweep(self) -> None:
        """Give up bodies that are beyond their deadline, for as long as the server runs."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            now = self._loop.time()
            for task in [task for task, deadline in self._deadlines.items() if deadline <= now]:
                self._overdue.add(task)
                task.cancel()

    async def receive(self, proto: Any, length: str | None, *, chunked: bool) -> bytes:
        """The whole body; raises `Turned` (400 broken off, 408 too slow, 413 too long, 503 too much held already).

        The caller gives the bytes back with `release` when the request is done.
        """
        if not chunked and (length is None or length == "0"):
            return b""
        announced = None if length is None else self._announced(length)
        reserved = announced or 0
        self._take(reserved, reserved)
        task = asyncio.current_task(self._loop)
        assert task is not None
        self._deadlines[task] = self._loop.time() + self._limits.body_deadline_s
        try:
            body = await (self._read_announced(proto, announced) if announced else self._read(proto))
        except asyncio.CancelledError:
            self._held -= reserved
            if task not in self._overdue:
                raise
            task.uncancel()
            detail = f"the body was not complete within {self._limits.body_deadline_s:g} s"
            raise Turned(Refusal(408, detail)) from None
        except BaseException:
            self._held -= reserved
            raise
        finally:
            del self._deadlines[task]
            self._overdue.discard(task)
        return body

    def release(self, body: bytes) -> None:
        """The request that held this body is done."""
        self._held -= len(body)

    def _announced(self, length: str) -> int:
        if not (length.isascii() and length.isdigit()):
            raise Turned(Refusal(400, "Content-Length is not a whole number"))
        announced = int(length)
        if announced > self._limits.body_bytes:
            raise self._too_long()
        return announced

    def _take(self, count: int, whole: int) -> None:
        """Hold `count` bytes more for a body that has or will have `whole`; raises `Turned` where they are too many."""
        most = self._limits.held_bytes
        if whole > self._limits.small_bytes:
            most //= 2
        if self._held + count > most:
            raise Turned(Refusal(503, "too many large requests at once; send this one again shortly", 1))
        self._held += count

    def _too_long(self) -> Turned:
        return Turned(Refusal(413, f"the body is longer than {self._limits.body_bytes} bytes"))

    async def _read_announced(self, proto: Any, announced: int) -> bytes:
        """A body whose length is known, and reserved: HTTP sees to it that no more comes."""
        try:
            body = await proto()
        except RSGIProtocolClosed:
            raise _broken() from None
        if len(body) != announced:
            raise _broken()
        return body

    async def _read(self, proto: Any) -> bytes:
        """A body in chunks, which announces no length: held as it comes."""
        parts: list[bytes] = []
        received = ends = 0
        try:
            # granian 2.8 ends a body with one empty chunk; a connection that broke off gives an empty chunk for the
            # break and then the end, so two of them tell a body that was cut.
            async for part in proto:
                if not part:
                    ends += 1
                    continue
                if received + len(part) > self._limits.body_bytes:
                    raise self._too_long()
                self._take(len(part), received + len(part))
                received += len(part)
                parts.append(part)
            if ends > 1:
                raise _broken()
        except BaseException:
            self._held -= received
            raise
        return b"".join(parts)


def _broken() -> Turned:
    return Turned(Refusal(400, "the body broke off before its end"))

"""Reads a request's body before the app is called: under a deadline, under a limit, and whole or not at all."""

import asyncio
from typing import Any

from serving.limits import Limits, Refusal


class Turned(Exception):  # noqa: N818 - not an error of ours: the client is told no
    """The body cannot be had; `refusal` says what the client is told."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


class Bodies:
    """Receives bodies and keeps count of what all of them hold, so that many large ones cannot fill the memory."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0

    async def receive(self, proto: Any, length: str | None, *, chunked: bool) -> bytes:
        """The whole body; raises `Turned` (400 broken off, 408 too slow, 413 too long, 503 too much held already).

        The caller gives the bytes back with `release` when the request is done.
        """
        if length is None and not chunked:
            return b""
        announced = self._announced(length)
        reserved = announced if announced is not None else 0
        self._reserve(reserved)
        try:
            async with asyncio.timeout(self._limits.body_deadline_s):
                body = await self._read(proto, announced, reserved)
        except TimeoutError:
            self._held -= reserved
            detail = f"the body was not complete within {self._limits.body_deadline_s:g} s"
            raise Turned(Refusal(408, detail)) from None
        except BaseException:
            self._held -= reserved
            raise
        self._held += len(body) - reserved
        return body

    def release(self, body: bytes) -> None:
        """The request that held this body is done."""
        self._held -= len(body)

    def _announced(self, length: str | None) -> int | None:
        if length is None:
            return None
        if not (length.isascii() and length.isdigit()):
            raise Turned(Refusal(400, "Content-Length is not a whole number"))
        announced = int(length)
        if announced > self._limits.body_bytes:
            raise self._too_long()
        return announced

    def _reserve(self, count: int) -> None:
        if self._held + count > self._limits.held_bytes:
            raise Turned(Refusal(503, "too many large requests at once; send this one again shortly", 1))
        self._held += count

    def _too_long(self) -> Turned:
        return Turned(Refusal(413, f"the body is longer than {self._limits.body_bytes} bytes"))

    async def _read(self, proto: Any, announced: int | None, reserved: int) -> bytes:
        parts: list[bytes] = []
        received = ends = 0
        # granian 2.8 ends a body with one empty chunk; a connection that broke off gives an empty chunk for the break
        # and then the end, so two of them tell a body that was cut (also a chunked one, which announces no length).
        async for part in proto:
            if not part:
                ends += 1
                continue
            received += len(part)
            if received > self._limits.body_bytes:
                raise self._too_long()
            if self._held - reserved + received > self._limits.held_bytes:
                raise Turned(Refusal(503, "too many large requests at once; send this one again shortly", 1))
            parts.append(part)
        if ends > 1 or (announced is not None and received != announced):
            raise Turned(Refusal(400, "the body broke off before its end"))
        return parts[0] if len(parts) == 1 else b"".join(parts)

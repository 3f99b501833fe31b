"""Hands requests for some paths to another process on this machine, without a thread of ours.

The event loop passes the bytes on: however long the other process takes, the app's own threads stay free.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from serving.limits import Refusal

CONNECT_WITHIN_S = 2.0
_OF_THE_CONNECTION = ("connection", "keep-alive", "transfer-encoding", "content-length", "expect", "upgrade", "te")


@dataclass(frozen=True, slots=True)
class Forward:
    """Requests whose path `takes` answers true for go to `host`:`port`, whose answers are passed on whole.

    answer_within_s: how long the other process may take for its whole answer (504).
    answer_bytes: the longest answer that is passed on (502).
    at_once: how many requests are passed on together (503).
    away: what the client is told while nobody listens there: headers and body (503).
    """

    takes: Callable[[str], bool]
    host: str
    port: int
    answer_within_s: float = 60.0
    answer_bytes: int = 64 * 2**20
    at_once: int = 256
    away: tuple[list[tuple[str, str]], bytes] = field(
        default_factory=lambda: ([], b"being started; try again shortly\n")
    )


class Forwarder:
    """Passes requests on; used on the event loop's thread alone."""

    def __init__(self, rule: Forward) -> None:
        self._rule = rule
        self._under_way = 0

    def takes(self, path: str) -> bool:
        """Whether a request for that path is handed on."""
        return self._rule.takes(path)

    async def pass_on(
        self, scope: Any, proto: Any, body: bytes, client: str, instead: Callable[[Any, int], Refusal | None]
    ) -> Refusal | None:
        """Hand the request on and send its answer to the client; the refusal to send where there is no answer.

        `client` is the address that is told over there. `instead` sees the request and the answer's status, and may
        give a refusal that is sent in its place.

        A client that leaves ends the request over there as well: its connection is closed.
        """
        if self._under_way >= self._rule.at_once:
            return Refusal(503, "too many requests at once; send this one again shortly", 1)
        self._under_way += 1
        answering = asyncio.ensure_future(self._ask(_request(scope, body, client), scope.method == "HEAD"))
        leaving = asyncio.ensure_future(proto.client_disconnect())
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                return None
            status, headers, content = answering.result()
        except TimeoutError:
            return Refusal(504, f"no answer within {self._rule.answer_within_s:g} s")
        except OSError:
            headers, body = self._rule.away
            proto.response_bytes(503, [("retry-after", "1"), *headers], body)
            return None
        except (ValueError, asyncio.IncompleteReadError):
            return Refusal(502, "the answer broke off, is too long to be passed on, or does not say its length")
        finally:
            self._under_way -= 1
            for task in (answering, leaving):
                task.cancel()
        if (refusal := instead(scope, status)) is not None:
            return refusal
        proto.response_bytes(status, headers, content)
        return None

    async def _ask(self, request: bytes, bare: bool) -> tuple[int, list[tuple[str, str]], bytes]:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            reader, writer = await _connect(self._rule.host, self._rule.port)
        try:
            async with asyncio.timeout(self._rule.answer_within_s):
                writer.write(request)
                await writer.drain()
                return await self._read(reader, bare)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader, bare: bool) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body of an answer with a Content-Length; `bare`, that to HEAD, has no body."""
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(first.split(" ", 2)[1])
        headers, length = [], 0 if bare or status in (204, 304) else None
        for line in lines:
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                length = 0 if bare else int(value)
            elif name and name.lower() not in _OF_THE_CONNECTION:
                headers.append((name.lower(), value.strip()))
        if length is None or length > self._rule.answer_bytes:
            raise ValueError("an answer is passed on whole: it says its length, which has a limit")
        return status, headers, await reader.readexactly(length)


async def _connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        return await asyncio.open_connection(host, port)
    except TimeoutError:
        raise ConnectionError(host, port) from None


def _request(scope: Any, body: bytes, client: str) -> bytes:
    """The request as it came, on a connection of its own; X-Forwarded-For is our word alone, not the client's."""
    target = _quoted(scope.path, "%?#") + (f"?{_quoted(scope.query_string)}" if scope.query_string else "")
    lines = [f"{scope.method} {target} HTTP/1.1"]
    for name, value in scope.headers.items():
        if name.lower() not in (*_OF_THE_CONNECTION, "x-forwarded-for"):
            lines.append(f"{name}: {value}")
    lines.append(f"x-forwarded-for: {client}")
    lines.append(f"content-length: {len(body)}")
    lines.append("connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + body


def _quoted(text: str, also: str = "") -> str:
    """A part of the target with whatever cannot stand in it as percent escapes.

    granian has decoded the path: what was escaped there is escaped again (`also`), so that both servers read one path.
    """
    return "".join(
        c if "!" <= c <= "~" and c not in also else "".join(f"%{byte:02X}" for byte in c.encode()) for c in text
    )

"""A load generator that costs little: prepared requests over kept-alive connections, one event loop, no threads.

The machines that these benchmarks run on have two cores: a generator that parses and builds HTTP in Python would be
what is measured. The same generator loads Bedside and InfluxDB, so that a ratio of the two holds.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Outcome:
    """What a run of requests came to: seconds from the first byte to the last answer, and how often each status."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.statuses.total() / self.seconds

    def percentile_ms(self, share: float) -> float:
        """The latency that this share of the requests stayed within, in milliseconds."""
        return sorted(self.latencies_s)[int(share * (len(self.latencies_s) - 1))] * 1000


def request(url: str, token: str, body: bytes, kind: str) -> bytes:
    """The bytes of one POST."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def post(url: str, requests: list[bytes], connections: int) -> Outcome:
    """Send all requests over that many connections, each waiting for its answer before it sends the next."""
    return asyncio.run(_post(url, requests, connections))


async def _post(url: str, requests: list[bytes], connections: int) -> Outcome:
    parts = urlsplit(url)
    outcome, queue = Outcome(), iter(requests)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    dones = []
    for _ in range(min(connections, len(requests))):
        done = loop.create_future()
        dones.append(done)
        await loop.create_connection(
            lambda done=done: _Connection(queue, outcome, done), parts.hostname or "127.0.0.1", parts.port or 80
        )
    await asyncio.gather(*dones)
    outcome.seconds = time.perf_counter() - began
    return outcome


class _Connection(asyncio.Protocol):
    """One kept-alive connection: a request, its answer, the next."""

    def __init__(self, queue: Iterator[bytes], outcome: Outcome, done: asyncio.Future[None]) -> None:
        self._queue = queue
        self._outcome = outcome
        self._done = done
        self._buffer = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin at once."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        assert self._transport is not None
        request_bytes = next(self._queue, None)
        if request_bytes is None:
            self._transport.close()
            if not self._done.done():
                self._done.set_result(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request_bytes)

    def data_received(self, data: bytes) -> None:
        """An answer is complete with its head and Content-Length bytes (204 has none)."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        self._outcome.statuses[int(head[9:12])] += 1
        self._outcome.latencies_s.append(time.perf_counter() - self._sent_at)
        self._buffer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that the server closed early ends the run with an error."""
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server closed the connection"))

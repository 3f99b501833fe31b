"""Runs a WSGI app on granian: bodies are read on the event loop, the app is called in a thread."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from serving import wsgi
from serving.attempts import Attempts
from serving.body import Bodies, Turned
from serving.errors import AddressRefused, AddressTaken
from serving.exposure import check_exposure
from serving.forward import Forward, Forwarder
from serving.limits import Limits, Refusal
from serving.pace import Pace
from serving.pool import Pool
from serving.watches import Watches

App = Callable[..., Iterable[bytes]]
Quick = Callable[[dict[str, Any], bytes], bool]
UNAUTHORIZED = 401
FREE_TEXT = ("authorization", "cookie", "referer", "user-agent")  # what is no token is 401; browsers send others' words
logger = logging.getLogger("serving")


def run(
    app: App,
    *,
    host: str,
    port: int,
    limits: Limits | None = None,
    ready: Callable[[], None] | None = None,
    quick: Quick | None = None,
    forward: Forward | None = None,
) -> None:
    """Serve the app until SIGTERM or SIGINT, then until the requests under way are answered (at most `grace_s`).

    `ready` is called once, when connections are accepted. `quick` tells from the environ and the body of a request
    that the app waits for nothing before it returns (see the package); such a request costs no thread. `forward` names
    paths that another process answers. Raises `Exposed`, `AddressTaken` or `AddressRefused` before that. Must be called
    in the main thread, which alone receives signals.
    """
    limits = limits or Limits()
    check_exposure(host, behind_proxy=limits.behind_proxy)
    check_address(host, port)
    # What is there by now stays, and a batch makes thousands of objects that soon go: looking for cycles among all of
    # them after every 700 takes a sixth of the time of a server under load.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    asyncio.run(_serve(lambda: _Front(app, limits, quick, forward), host, port, ready))


async def _serve(front: Callable[[], "_Front"], host: str, port: int, ready: Callable[[], None] | None) -> None:
    await front().serve(host, port, ready)


def check_address(host: str, port: int) -> None:
    """Listen there for an instant; raises `AddressTaken` or `AddressRefused` where that cannot be.

    granian's own error for a taken port names neither the port nor the cause.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno in (48, 98):  # EADDRINUSE on macOS and on Linux
                raise AddressTaken(f"port {port} on {host} is taken by another program") from None
            raise AddressRefused(f"cannot listen on {host} port {port}: {problem.strerror or problem}") from None


class _Front:
    """Stands between granian and the app: one instance for one server."""

    def __init__(self, app: App, limits: Limits, quick: Quick | None, forward: Forward | None) -> None:
        loop = asyncio.get_running_loop()
        self._app = app
        self._quick = quick or (lambda _environ, _body: False)
        self._limits = limits
        self._forwarder = Forwarder(forward) if forward is not None else None
        self._bodies = Bodies(limits, loop)
        self._attempts = Attempts(limits.refused_per_minute)
        self._watches = Watches()
        self._pool = Pool(limits.threads, loop)
        self._active = 0  # requests whose headers are there and whose answer is not yet sent
        self._working = 0  # those of them that have their body: only these need a thread
        self._idle = asyncio.Event()
        self._stopping = False

    async def serve(self, host: str, port: int, ready: Callable[[], None] | None) -> None:
        server = Server(
            self._request,
            host,
            port,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            websockets=False,
            backlog=1024,
            backpressure=self._limits.connections,
            http1_settings=HTTP1Settings(
                header_read_timeout=int(self._limits.header_deadline_s * 1000),
                max_buffer_size=self._limits.header_bytes,
            ),
            log_enabled=False,
        )
        logging.getLogger("_granian").setLevel(logging.ERROR)  # it warns at every start that embedding is experimental
        loop = asyncio.get_running_loop()
        asked = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, asked.set)
        serving = loop.create_task(server.serve())
        sweeps = [loop.create_task(self._bodies.sweep()), loop.create_task(self._watches.sweep())]
        try:
            await self._until_listening(serving, host, port)
            if ready is not None:
                ready()
            stop = loop.create_task(asked.wait())
            await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
            self._stopping = True
            await self._finish()
            stop.cancel()
        finally:
            server.stop()
            await serving
            for sweep in sweeps:
                sweep.cancel()
            self._pool.close()

    async def _until_listening(self, serving: asyncio.Task[None], host: str, port: int) -> None:
        while True:
            if serving.done():
                raise AddressRefused(f"cannot listen on {host} port {port}: {serving.exception() or 'granian ended'}")
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(host, port)
                writer.close()
                return
            await asyncio.sleep(0.01)

    async def _finish(self) -> None:
        """Wait for the requests under way; new ones are told 503 meanwhile."""
        self._idle.clear()
        if self._active:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), self._limits.grace_s)

    async def _request(self, scope: Any, proto: Any) -> None:
        """Granian's entry: one HTTP request from its headers to the last byte of its answer."""
        if scope.proto != "http":
            return
        if self._stopping:
            self._refuse(proto, Refusal(503, "the server is stopping; send this again shortly", 1))
            return
        self._active += 1
        try:
            await self._answer(scope, proto)
        finally:
            self._active -= 1
            if self._stopping and not self._active:
                self._idle.set()

    async def _answer(self, scope: Any, proto: Any) -> None:
        headers = scope.headers
        length, coding = headers.get("content-length"), headers.get("transfer-encoding")
        if coding is not None and [one.strip().lower() for one in headers.get_all("transfer-encoding")] != ["chunked"]:
            # Where a body ends must be read in one way only; of a length beside `chunked` granian takes no notice, and
            # closes the connection behind it (RFC 9112, 6.3).
            self._refuse(proto, Refusal(400, "a body is sent as it is or in chunks, in no other transfer coding"))
            return
        if any(headers.get(name) is None and name not in FREE_TEXT for name in headers.keys()):  # noqa: SIM118
            # granian leaves out what is not ASCII: a coding that a proxy reads, or a key that makes a retry safe.
            self._refuse(proto, Refusal(400, "the values of headers are ASCII"))
            return
        if len(headers.get_all("host")) != 1 and scope.http_version == "1.1":
            # RFC 9112, 3.2: of several, a proxy in front may go by another than we do.
            self._refuse(proto, Refusal(400, "a request names its host, once"))
            return
        if scope.method != scope.method.upper():
            # RFC 9110, 9.1: case matters. Apps that overlook it would do what a proxy in front was to keep away.
            self._refuse(proto, Refusal(400, "a method is written in capitals"))
            return
        try:
            body = await self._bodies.receive(proto, length, chunked=coding is not None)
        except Turned as turned:
            self._refuse(proto, turned.refusal)
            return
        if self._forwarder is not None and self._forwarder.takes(scope.path):
            await self._pass_on(self._forwarder, scope, proto, body)
            return
        if self._working >= self._limits.threads + self._limits.waiting:
            self._bodies.release(body)
            self._refuse(proto, Refusal(503, "too many requests at once; send this again shortly", 1))
            return
        self._working += 1
        try:
            await self._work(scope, proto, body)
        except Exception:
            logger.exception("the app failed outside its own error handling")
            self._refuse(proto, Refusal(500, "the server failed; nothing more is known to the client"))
        finally:
            self._working -= 1
            self._bodies.release(body)

    async def _pass_on(self, forwarder: Forwarder, scope: Any, proto: Any, body: bytes) -> None:
        """Another process answers this request."""
        try:
            refusal = await forwarder.pass_on(scope, proto, body, self._limits.address(scope), self._held_off)
            if refusal is not None:
                self._refuse(proto, refusal)
        finally:
            self._bodies.release(body)

    async def _work(self, scope: Any, proto: Any, body: bytes) -> None:
        """The app's part: it has its body, and what it answers is sent."""
        environ = wsgi.environ_of(scope, body)
        if self._quick(environ, body):
            await self._send(scope, proto, wsgi.call(self._app, environ), None)
            return
        left = environ[wsgi.CLIENT_LEFT] = threading.Event()
        self._watches.begin(proto, left)
        try:
            await self._send(scope, proto, await self._pool.run(wsgi.call, self._app, environ), left)
        finally:
            self._watches.end(left)

    async def _send(self, scope: Any, proto: Any, answer: wsgi.Answer, left: threading.Event | None) -> None:
        """Send the answer: once it is known if it comes later, in pieces if the app makes it so."""
        if answer.later is not None:
            await self._pool.until(answer.later.when_ready)
            answer.finish()
        if answer.status == UNAUTHORIZED and (refusal := self._held_off(scope, answer.status)) is not None:
            wsgi.close(answer.pieces)
            self._refuse(proto, refusal)
        elif answer.pieces is None:
            proto.response_bytes(answer.status, answer.headers, answer.body)
        else:
            await self._stream(scope, proto, answer, left or threading.Event())

    def _held_off(self, scope: Any, status: int) -> Refusal | None:
        """Count the app's answer where it refused a token: what the client is told instead when there were too many."""
        if status != UNAUTHORIZED or not self._limits.guesses(scope):
            return None
        wait_s = self._attempts.refused(self._limits.address(scope))
        if wait_s is None:
            return None
        detail = f"too many refused tokens from this address: wait {wait_s} s, or send a good one, which is let in"
        return Refusal(429, detail, wait_s)

    async def _stream(self, scope: Any, proto: Any, answer: wsgi.Answer, left: threading.Event) -> None:
        """Send piece by piece, each made in a thread when its client has taken most of those before (`Pace`)."""
        pieces = iter(answer.pieces or ())
        transport = proto.response_stream(answer.status, answer.headers)
        pace = await self._pool.run(Pace, scope.client, self._limits.ahead_bytes, self._limits.stalled_s)
        try:
            while not left.is_set():
                piece = await self._pool.run(next, pieces, None)
                if piece is None:
                    break
                if piece and not (await _sent(transport, piece) and await pace.keep(len(piece), left)):
                    left.set()
        except Exception:
            # What had been sent cannot be taken back: the answer ends here, and so does the work.
            logger.exception("the app failed while its answer was sent")
        finally:
            pace.close()
            await self._pool.run(wsgi.close, answer.pieces)

    def _refuse(self, proto: Any, refusal: Refusal) -> None:
        kind, body = self._limits.render(refusal)
        headers = [("content-type", kind)]
        if refusal.status == 400:  # where this request ended is not certain: nothing more is read on the connection
            headers.append(("connection", "close"))
        if refusal.retry_after_s is not None:
            headers.append(("retry-after", str(refusal.retry_after_s)))
        with contextlib.suppress(Exception):  # the client may be gone, or have its answer already
            proto.response_bytes(refusal.status, headers, body)


async def _sent(transport: Any, piece: bytes) -> bool:
    """Send a piece; False where its client has left, which is no fault of anybody."""
    try:
        await transport.send_bytes(piece)
    except Exception:
        logger.info("an answer broke off: its client has left")
        return False
    return True

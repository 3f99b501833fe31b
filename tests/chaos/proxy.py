"""A proxy between the forwarder and InfluxDB that answers badly when it is told to; what it lets through is InfluxDB's.

It knows HTTP, so that a bad answer is one to a whole request: the line protocol was read, and is or is not with
InfluxDB by then, which is what a `Way` says.
"""

import contextlib
import http.client
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

UPSTREAM_TIMEOUT_S = 120.0
NOT_PASSED = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True, slots=True)
class Request:
    """One whole request."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(slots=True)
class Answer:
    """An answer: its status, its headers without those of the connection, its body."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def encoded(self) -> bytes:
        """The answer as it goes over the wire."""
        reason = http.client.responses.get(self.status, "")
        head = [f"HTTP/1.1 {self.status} {reason}", *(f"{name}: {value}" for name, value in self.headers)]
        if self.status != 204:
            head.append(f"Content-Length: {len(self.body)}")
        return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + self.body


class Way(ABC):
    """What becomes of each request for as long as this way is the proxy's."""

    @abstractmethod
    def bytes_for(self, request: Request, proxy: "Proxy") -> bytes | None:
        """What the client is sent; None, or bytes that are no whole answer, and the connection is closed after them."""

    def whole(self) -> bool:
        """Whether the bytes are a whole answer, after which the connection goes on."""
        return True


class Pass(Way):
    """Everything goes through."""

    def bytes_for(self, request: Request, proxy: "Proxy") -> bytes | None:
        """InfluxDB's answer; 502 where it has none."""
        return proxy.ask(request).encoded()


@dataclass(frozen=True, slots=True)
class Instead(Way):
    """Nothing reaches InfluxDB; this is answered."""

    answer: Answer

    def bytes_for(self, request: Request, proxy: "Proxy") -> bytes | None:  # noqa: ARG002
        """Always the same."""
        return self.answer.encoded()


@dataclass(frozen=True, slots=True)
class NothingLong(Way):
    """Bodies of more than `most` bytes are refused with 413, as a proxy with a limit of its own does; others pass."""

    most: int

    def bytes_for(self, request: Request, proxy: "Proxy") -> bytes | None:
        """413 or InfluxDB's answer."""
        if len(request.body) > self.most:
            return Answer(413, [("Content-Type", "text/plain")], b"Request Entity Too Large").encoded()
        return proxy.ask(request).encoded()


class HalfAnswers(Way):
    """InfluxDB does what it is asked to do, and the answer breaks off: in its body, or in its status line."""

    def bytes_for(self, request: Request, proxy: "Proxy") -> bytes | None:
        """The first half of InfluxDB's answer; of one without a body `HTTP/1.1 2`, for after that much all is said."""
        answer = proxy.ask(request)
        whole = answer.encoded()
        return whole[: len(whole) - len(answer.body) // 2] if answer.body else whole[: len("HTTP/1.1 2")]

    def whole(self) -> bool:
        """It is not."""
        return False


class Silence(Way):
    """Requests are read and nothing is answered, until another way is taken; nothing reaches InfluxDB."""

    def bytes_for(self, request: Request, proxy: "Proxy") -> bytes | None:  # noqa: ARG002
        """Nothing, after a while."""
        proxy.changed.wait()
        return None

    def whole(self) -> bool:
        """There is no answer."""
        return False


class Proxy:
    """Listens on a port of this machine from `start` on, and passes to the InfluxDB on another one."""

    def __init__(self, port: int, upstream_port: int) -> None:
        self.port = port
        self.hits = 0
        """Requests that another way than `Pass` was taken with."""
        self.changed = threading.Event()
        """Set when another way is taken than the one that was taken when it was looked at."""
        self.way: Way = Pass()
        self._upstream_port = upstream_port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Accept connections."""
        self._server = _Server(("127.0.0.1", self.port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="proxy", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuse connections, and cut those that are there."""
        assert self._server is not None
        assert self._thread is not None
        self._server.shutdown()
        self._thread.join()
        self._server.cut()
        self._server.server_close()

    @contextlib.contextmanager
    def taking(self, way: Way) -> Iterator[None]:
        """Take another way for the length of the block."""
        self._take(way)
        try:
            yield
        finally:
            self._take(Pass())

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse connections for the length of the block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def _take(self, way: Way) -> None:
        before, self.changed = self.changed, threading.Event()
        self.way = way
        before.set()

    def ask(self, request: Request) -> Answer:
        """InfluxDB's own answer; 502 where it gives none, as proxies say it."""
        connection = http.client.HTTPConnection("127.0.0.1", self._upstream_port, timeout=UPSTREAM_TIMEOUT_S)
        try:
            connection.putrequest(request.method, request.target, skip_accept_encoding=True)
            for name, value in request.headers:
                if name.lower() not in NOT_PASSED:
                    connection.putheader(name, value)
            if request.body or request.method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body or None)
            told = connection.getresponse()
            body = told.read()
            headers = [(name, value) for name, value in told.getheaders() if name.lower() not in NOT_PASSED]
            return Answer(told.status, headers, body)
        except (OSError, http.client.HTTPException):
            return Answer(502, [("Content-Type", "text/plain")], b"Bad Gateway")
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], proxy: Proxy) -> None:
        self.proxy = proxy
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def hold(self, connection: socket.socket, *, there: bool) -> None:
        with self._guard:
            (self._connections.add if there else self._connections.discard)(connection)

    def cut(self) -> None:
        with self._guard:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server  # type: ignore[assignment] - it is only ever made by this one

    def setup(self) -> None:
        super().setup()
        self.server.hold(self.connection, there=True)

    def finish(self) -> None:
        self.server.hold(self.connection, there=False)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Nobody reads along."""

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        proxy = self.server.proxy
        way = proxy.way
        if not isinstance(way, Pass):
            proxy.hits += 1
        told = way.bytes_for(Request(self.command, self.path, self.headers.items(), body), proxy)
        if told is not None:
            self.wfile.write(told)
            self.wfile.flush()
        if told is None or not way.whole():
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 - the names are http.server's

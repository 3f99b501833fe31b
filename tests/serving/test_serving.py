"""The front door, over a real socket: bodies whole or not at all, limits named, no work for a client that has left."""

import contextlib
import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

APP = Path(__file__).with_name("sample_app.py")
TRIES = 20


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """The sample app as a process: its port, and what it says."""

    def __init__(self, *arguments: str) -> None:
        self.port = free_port()
        command = [sys.executable, str(APP), str(self.port), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.said() == "ready"

    def said(self) -> str:
        """The next line that the app printed; blocks until there is one."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def raw(self, sent: bytes, *, half_close: bool = False) -> bytes:
        """Send these very bytes and read until the server closes or answers."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(sent)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return connection.recv(65536)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """One request by an ordinary client: status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()


Found = TypeVar("Found")


def sooner_or_later(attempt: Callable[[], Found], holds: Callable[[Found], bool]) -> Found:
    """What came of an attempt that held; on a busy machine requests that should be there at once may not be."""
    for _ in range(TRIES):
        if holds(found := attempt()):
            return found
    raise AssertionError(f"{TRIES} times it was otherwise")


@pytest.fixture
def server() -> Iterator[Running]:
    """A fresh sample app, stopped at the end."""
    running = Running()
    yield running
    running.process.kill()
    running.process.wait()


def test_a_body_reaches_the_app_whole(server: Running) -> None:
    """What was sent is what the app reads, with a length announced and in chunks."""
    assert server.ask("POST", "/echo", b"a reading") == (200, b"a reading")
    chunked = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert server.raw(chunked).endswith(b"abcde")


def test_the_request_is_told_as_wsgi_says(server: Running) -> None:
    """Method, decoded path, query string and headers arrive as PEP 3333 has them."""
    status, body = server.ask("GET", "/environ/Z%C3%BCrich%20West?a=%20b", headers={"X-Role": "monitor"})
    assert status == 200
    assert body.decode("utf-8").split("\n") == ["GET", "/environ/Zürich West", "a=%20b", "monitor", "0"]


def test_an_underscore_cannot_pass_for_a_dash(server: Running) -> None:
    """A header X_Role is not taken for X-Role."""
    raw = server.raw(b"GET /environ HTTP/1.1\r\nHost: x\r\nX_Role: admin\r\n\r\n")
    assert b"admin" not in raw


CUT = {
    "announced length": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
    "chunk": b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    "between chunks": b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
}


@pytest.mark.parametrize("where", CUT)
def test_a_body_that_broke_off_never_reaches_the_app(server: Running, where: str) -> None:
    """A connection that is closed inside a body gets 400: half of a value must not pass for a value."""
    answer = server.raw(CUT[where], half_close=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"broke off" in answer


def test_a_body_over_the_limit_is_refused_by_name(server: Running) -> None:
    """413 names the limit, whether the length was announced or not."""
    assert server.ask("POST", "/echo", b"x" * 1001) == (413, b"the body is longer than 1000 bytes\n")
    chunks = b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n"
    answer = server.raw(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_slow_body_is_given_up(server: Running) -> None:
    """A body that is not complete by the deadline gets 408 and frees what it held."""
    answer = server.raw(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"within 1 s" in answer


def test_half_sent_headers_are_given_up(server: Running) -> None:
    """Connections that begin a request and say no more hold up nobody, and are closed at the deadline."""
    begun = b"GET /echo HTTP/1.1\r\nHost: x\r\nX-Slow: "
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 20)) for _ in range(100)]
        for connection in slow:
            connection.sendall(begun)
        assert server.ask("POST", "/echo", b"others") == (200, b"others")
        for connection in slow:
            with contextlib.suppress(ConnectionError):
                while connection.recv(1000):
                    pass


def test_half_sent_bodies_do_not_hold_up_others(server: Running) -> None:
    """Fifty clients that stop in the middle of a body take no thread: the next request is answered."""
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
        assert server.ask("POST", "/echo", b"quick") == (200, b"quick")


def test_large_bodies_together_are_bounded(server: Running) -> None:
    """What all bodies hold together has a limit: one more is told 503 and when to come back."""
    begun = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nabc"

    def one_more() -> bytes:
        with socket.create_connection(("127.0.0.1", server.port)) as first:
            first.sendall(begun)
            time.sleep(0.2)
            return server.raw(begun)

    assert b"retry-after: 1" in sooner_or_later(one_more, lambda answer: answer.startswith(b"HTTP/1.1 503 "))


@pytest.mark.parametrize(
    "begun",
    [b"Content-Length: 900\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n384\r\n" + b"a" * 900 + b"\r\n"],
    ids=["announced", "in chunks"],
)
def test_large_bodies_under_way_keep_no_small_one_out(server: Running, begun: bytes) -> None:
    """Who begins large bodies and never ends them takes no room from the small ones, which readings are."""

    def large() -> int:
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\n" + begun)
            time.sleep(0.2)
            assert server.ask("POST", "/echo", b"s" * 100) == (200, b"s" * 100)
            return server.ask("POST", "/echo", b"l" * 900)[0]

    assert sooner_or_later(large, lambda status: status == 503)


def test_more_requests_than_can_wait_are_told_so(server: Running) -> None:
    """Beyond the threads and the queue a request gets 503 at once instead of waiting without an end."""

    def twelve() -> list[int]:
        answers: list[int] = []
        clients = [threading.Thread(target=lambda: answers.append(server.ask("GET", "/working")[0])) for _ in range(12)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        return answers

    answers = sooner_or_later(twelve, lambda answers: 503 in answers)
    assert set(answers) == {200, 503}
    assert answers.count(200) >= 4


def test_work_ends_when_its_client_has_left(server: Running) -> None:
    """The app is told that nobody waits for the answer any more."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    assert server.said() == "begun"
    connection.close()
    assert server.said() == "client left: True"


def test_a_stream_ends_when_its_client_has_left(server: Running) -> None:
    """A generator is closed once nobody reads: an endless answer costs nothing after that."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
    connection.close()
    assert server.said() == "stream closed"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a client has taken")
def test_no_more_of_an_answer_is_made_than_its_client_takes(server: Running) -> None:
    """Of a client that reads nothing memory holds a few megabytes; when it reads on, it gets all of it."""

    def made() -> int:
        return int(server.ask("GET", "/made")[1])

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", "/pieces")
        answer = connection.getresponse()
        assert answer.read(1) == b"x"
        before, so_far = -1, made()
        while so_far > before:
            time.sleep(0.5)
            before, so_far = so_far, made()
        assert so_far < 60
        assert len(answer.read()) == 100 * 2**20 - 1
        assert made() == 100


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a client has taken")
def test_a_client_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer ends, and its connection with it: what the client has is seen to be no whole."""
    monkeypatch.setenv("SAMPLE_STALLED_S", "0.5")
    server = Running()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", "/stream")
            answer = connection.getresponse()
            assert server.said() == "stream closed"
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                answer.read()
    finally:
        server.process.kill()
        server.process.wait()


def test_an_answer_that_comes_later_holds_no_thread(server: Running) -> None:
    """Six requests whose answers come later are all under way at once where four threads are, and each is answered."""
    answers: list[tuple[int, bytes]] = []
    clients = [threading.Thread(target=lambda: answers.append(server.ask("GET", "/later"))) for _ in range(6)]
    for client in clients:
        client.start()
    assert [server.said() for _ in clients] == ["waiting"] * 6
    for client in clients:
        client.join()
    assert answers == [(201, b"kept now")] * 6
    assert [server.said() for _ in clients] == ["closed"] * 6


def test_an_answer_that_comes_later_is_waited_for_at_a_stop(server: Running) -> None:
    """SIGTERM lets it be sent."""
    answers: list[tuple[int, bytes]] = []
    client = threading.Thread(target=lambda: answers.append(server.ask("GET", "/later")))
    client.start()
    assert server.said() == "waiting"
    server.process.send_signal(signal.SIGTERM)
    client.join()
    assert answers == [(201, b"kept now")]


def test_an_answer_that_fails_later_is_a_500(server: Running) -> None:
    """A fault while it is taken reaches no client, and the iterable is closed."""
    status, body = server.ask("GET", "/later-fails")
    assert status == 500
    assert b"shows late" not in body
    assert (server.said(), server.said()) == ("waiting", "closed")


def test_quick_requests_run_without_a_thread_of_the_pool(server: Running) -> None:
    """What `quick` says of environ and body decides where the app is called."""
    assert server.ask("GET", "/quick") == (200, b"MainThread")
    status, name = server.ask("POST", "/quick", b"a body")
    assert (status, name[:8]) == (200, b"request-")


def test_a_fault_of_the_app_is_a_500_that_tells_nothing(server: Running) -> None:
    """An exception that the app let through reaches no client."""
    status, body = server.ask("GET", "/fails")
    assert status == 500
    assert b"a fault of the app" not in body


def test_a_stop_lets_begun_requests_finish(server: Running) -> None:
    """SIGTERM ends the server after the answer under way, with exit code 0."""
    answers: list[tuple[int, bytes]] = []
    client = threading.Thread(target=lambda: answers.append(server.ask("GET", "/working")))
    client.start()
    assert server.said() == "begun"
    server.process.send_signal(signal.SIGTERM)
    client.join()
    assert answers == [(200, b"finished")]
    assert server.said() == "stopped"
    assert server.process.wait() == 0


def test_a_taken_port_is_said_in_one_sentence(server: Running) -> None:
    """The second server on a port ends with the sentence that names it."""
    second = subprocess.run([sys.executable, str(APP), str(server.port)], capture_output=True, text=True)
    assert second.returncode != 0
    assert f"port {server.port} on 127.0.0.1 is taken by another program" in second.stderr


def test_after_a_body_in_another_coding_nothing_is_heard(server: Running) -> None:
    """A transfer coding besides chunks is 400 and the connection's end: what follows is no request."""
    hidden = b"GET /environ/hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    sent = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + hidden
    told = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(sent)
        while part := connection.recv(65536):
            told += part
    assert told.startswith(b"HTTP/1.1 400 ")
    assert told.count(b"HTTP/1.1 ") == 1

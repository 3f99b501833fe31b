"""Paths that another process answers: handed on whole, at the cost of no thread, and told apart when it is away."""

import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from tests.serving.test_serving import Running


class Front(Running):
    """A sample app that hands /there/ on to the one behind it."""

    def __init__(self, behind_port: int) -> None:
        super().__init__(str(behind_port))


@pytest.fixture
def behind() -> Iterator[Running]:
    """The process that answers what is below /there/."""
    running = Running()
    yield running
    running.process.kill()
    running.process.wait()


@pytest.fixture
def front(behind: Running) -> Iterator[Front]:
    """The process that clients talk to."""
    running = Front(behind.port)
    yield running
    running.process.kill()
    running.process.wait()


def test_a_request_is_handed_on_as_it_came(front: Front) -> None:
    """Method, path, query, headers and body arrive over there, with the client's address, whatever it claims."""
    headers = {"X-Role": "monitor", "X-Forwarded-For": "10.0.0.9"}
    status, body = front.ask("POST", "/there/environ/Z%C3%BCrich%20West?a=%20b", b"12345", headers)
    assert status == 200
    path = "/environ/Zürich West"
    told = body.decode("utf-8").split("\n")
    assert told == ["POST", "/there" + path, "a=%20b", "monitor", "5", "127.0.0.1"]
    assert front.ask("POST", "/there/echo", b"\0\xff" * 400) == (200, b"\0\xff" * 400)
    assert front.ask("GET", "/there/nothing") == (404, b"")


@pytest.mark.parametrize("escaped", ["%2525", "a%3Fb=c", "a%23b", "%252e%252e/x", "%E2%82%AC"])
def test_both_servers_read_one_path(front: Front, escaped: str) -> None:
    """What is escaped in a path is escaped on the way to the other process: neither decodes twice."""
    path = "/there/environ/" + escaped
    status, body = front.ask("GET", path + "?q=1")
    assert (status, body.decode().split("\n")[1:3]) == (200, [unquote(path), "q=1"])


def test_an_answer_to_head_has_no_body(front: Front) -> None:
    """HEAD is answered as GET is, without the body that its length tells of."""
    assert front.ask("HEAD", "/there/environ") == (200, b"")


def test_the_fronts_limits_hold_for_it(front: Front) -> None:
    """A body beyond the limit is refused before anything is handed on."""
    assert front.ask("POST", "/there/echo", b"x" * 2000)[0] == 413


def test_a_client_that_leaves_is_gone_over_there_too(front: Front, behind: Running) -> None:
    """The process behind learns that nobody waits any more."""
    with socket.create_connection(("127.0.0.1", front.port)) as connection:
        connection.sendall(b"GET /there/slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert behind.said() == "begun"
    assert behind.said() == "client left: True"


def test_slow_answers_hold_no_thread_of_the_front(front: Front) -> None:
    """With more slow requests handed on than the front has threads, its own app answers."""
    with contextlib.ExitStack() as held:
        for _ in range(8):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", front.port)))
            connection.sendall(b"GET /there/slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert front.ask("POST", "/echo", b"here") == (200, b"here")


def test_a_process_that_is_away_is_told(front: Front, behind: Running) -> None:
    """503 in the words that were given for it, while everything else is answered; then it goes on."""
    behind.process.kill()
    behind.process.wait()
    raw = front.raw(b"GET /there/echo HTTP/1.1\r\nHost: x\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 503")
    assert b"x-away: yes" in raw
    assert raw.endswith(b"being started")
    assert front.ask("POST", "/echo", b"here") == (200, b"here")


def test_an_answer_without_an_end_is_refused(front: Front, behind: Running) -> None:
    """An answer that does not say its length cannot be handed on whole: 502, and the process behind stops making it."""
    assert front.ask("GET", "/there/stream")[0] == 502
    assert behind.said() == "stream closed"

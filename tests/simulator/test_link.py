"""A monitor's connection against servers that refuse, hang up, ask to wait and break: it sends until it is answered."""

import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate

import pytest

from simulator.chance import dice
from simulator.errors import StoppedError, UnreachableError
from simulator.faults import Loss
from simulator.link import Answer, Link
from simulator.report import Tally

Script = list[Callable[["Misbehaving"], None]]


class Misbehaving(http.server.BaseHTTPRequestHandler):
    """Plays a script: one entry answers one request, the last one all further ones."""

    protocol_version = "HTTP/1.1"
    script: Script
    seen: list[bytes]

    def do_POST(self) -> None:
        """Answer as the script says."""
        self.seen.append(self.rfile.read(int(self.headers["Content-Length"])))
        (self.script.pop(0) if len(self.script) > 1 else self.script[0])(self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


def answers(status: int, body: bytes = b"{}", **headers: str) -> Callable[[Misbehaving], None]:
    """A whole answer."""

    def play(handler: Misbehaving) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return play


def hangs_up(handler: Misbehaving) -> None:
    """No answer at all: the connection is reset."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    handler.close_connection = True


def breaks_off(handler: Misbehaving) -> None:
    """The head and half of a body, then the end."""
    handler.send_response(201)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"status"')
    handler.close_connection = True


@contextmanager
def serving(script: Script, port: int = 0) -> Iterator[tuple[str, list[bytes]]]:
    """A server that plays the script: its URL, and the bodies that it received."""
    seen: list[bytes] = []
    handler = type("Scripted", (Misbehaving,), {"script": script, "seen": seen})
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
        server.shutdown()


def post(url: str, tally: Tally, lose: Callable[[], Loss] = lambda: Loss.NONE, **given: object) -> list[Answer]:
    """Post a body that counts its attempts."""
    choices = {"patience_s": 30.0, "stop": threading.Event(), **given}
    link = Link(url, "token", tally=tally, chance=dice(1), **choices)  # type: ignore[arg-type]
    attempts = iter(range(1000))
    return link.post("/v1/readings", lambda: (str(next(attempts)).encode(), {}), lose)


@pytest.mark.parametrize(
    "trouble",
    [[hangs_up], [breaks_off], [answers(503)], [answers(429)], [answers(503), hangs_up, breaks_off, answers(503)]],
    ids=["reset", "half an answer", "503", "429", "all of it"],
)
def test_it_sends_again_until_it_is_answered(trouble: Script) -> None:
    """After any trouble the answer that counts is the one that came whole, and nothing surprises."""
    tally = Tally()
    with serving([*trouble, answers(201, b"kept")]) as (url, seen):
        assert post(url, tally) == [Answer(201, b"kept")]
        assert seen == [str(n).encode() for n in range(len(trouble) + 1)], "the body is made anew for each attempt"
    assert tally.counts()["retries"] == len(trouble)
    assert not tally.surprises()


@pytest.mark.parametrize("dated", [False, True], ids=["seconds", "date"])
def test_it_waits_as_long_as_the_server_asks(dated: bool) -> None:
    """Retry-After is honoured in both forms, although the first pause would be a tenth of a second."""
    at_s = int(time.time()) + 2
    refused = answers(503, Retry_After=formatdate(at_s, usegmt=True) if dated else "1")
    with serving([refused, answers(201)]) as (url, _):
        began_s = time.monotonic()
        post(url, Tally())
        if dated:
            assert time.time() > at_s - 0.1
        else:
            assert time.monotonic() - began_s > 0.9


def test_a_server_that_is_away_is_waited_for() -> None:
    """Refused connections are tried again until something listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tally, result = Tally(), []
    thread = threading.Thread(target=lambda: result.extend(post(f"http://127.0.0.1:{port}", tally)))
    thread.start()
    while not tally.counts().get("retries"):
        time.sleep(0.01)
    with serving([answers(201, b"back")], port):
        thread.join()
    assert result == [Answer(201, b"back")]


def test_patience_ends() -> None:
    """A server that never answers ends the wait with the reason."""
    with serving([answers(503)]) as (url, _), pytest.raises(UnreachableError, match="no answer for 0 s"):
        post(url, Tally(), patience_s=0.2)


def test_stopping_ends_a_wait() -> None:
    """A monitor that waits for the server comes back when it is stopped, however long it was asked to wait."""
    stop = threading.Event()
    with serving([answers(503, Retry_After="200")]) as (url, seen):
        threading.Thread(target=lambda: (wait_for(seen), stop.set())).start()
        with pytest.raises(StoppedError):
            post(url, Tally(), stop=stop)


def wait_for(seen: list[bytes]) -> None:
    """Until the server has seen a request."""
    while not seen:
        time.sleep(0.01)


def test_a_500_is_tried_again_and_reported() -> None:
    """A 5xx other than 503 should never come: the monitor goes on, and the report will say so."""
    tally = Tally()
    with serving([answers(500), answers(201)]) as (url, _):
        assert post(url, tally)[-1].status == 201
    assert tally.surprises() == {"500 to POST /v1/readings": 1}


def test_a_refusal_is_an_answer() -> None:
    """422 is for whoever asked: it is not sent again."""
    with serving([answers(422, b"no")]) as (url, seen):
        assert post(url, Tally()) == [Answer(422, b"no")]
        assert len(seen) == 1


def test_a_lost_answer_is_kept_beside_the_one_that_arrived() -> None:
    """What the monitor never saw is there to be compared with what it saw after sending again."""
    fates = iter([Loss.IGNORED, Loss.NONE])
    tally = Tally()
    with serving([answers(201, b"first"), answers(201, b"second")]) as (url, _):
        assert post(url, tally, lambda: next(fates)) == [Answer(201, b"first"), Answer(201, b"second")]
    assert tally.counts()["lost_answers"] == 1


def test_a_request_in_progress_under_the_same_key_is_waited_for() -> None:
    """409 for an idempotency key that is still running means later, any other 409 means no."""
    running = answers(409, b'{"type": "/problems/idempotency-key-in-progress"}')
    with serving([running, answers(201, b"done")]) as (url, _):
        assert post(url, Tally()) == [Answer(201, b"done")]
    with serving([answers(409, b'{"type": "/problems/conflicting-reading"}')]) as (url, _):
        assert post(url, Tally())[-1].status == 409

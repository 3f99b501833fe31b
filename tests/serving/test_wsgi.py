"""What an app's answer becomes before it is sent."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Response

from serving import wsgi

ENVIRON = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "wsgi.url_scheme": "http",
}


def _ask(response: Response) -> wsgi.Answer:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: response)
    return wsgi.call(app, dict(ENVIRON))


def test_a_whole_answer_of_flask_is_one_piece() -> None:
    """Flask's plain responses are joined in the thread that made them, so that sending costs no further thread."""
    answer = _ask(Response(b"all of it"))
    assert (answer.pieces, answer.body) == (None, b"all of it")


def test_a_generator_is_left_to_be_streamed() -> None:
    """What has no length, or a long one, is sent as it comes."""
    endless = _ask(Response(iter([b"a", b"b"])))
    long = _ask(Response(iter([b"x"]), headers={"Content-Length": str(wsgi.JOINED_BYTES + 1)}))
    for answer in (endless, long):
        assert answer.pieces is not None
        assert answer.body == b""
        wsgi.close(answer.pieces)


class _Later:
    """An answer that knows whom to tell its status."""

    def __init__(self, start: Any) -> None:
        self.start = start

    def when_ready(self, tell: Callable[[], None]) -> None:
        """At once."""
        tell()

    def __iter__(self) -> Iterator[bytes]:
        self.start("200 OK", [])
        yield b"at last"


def test_an_answer_that_came_later_is_freed_at_once() -> None:
    """An answer and the app's iterable do not hold each other once the answer is there, so that no collector is due."""
    gc.disable()
    try:
        answer = wsgi.call(lambda _, start: _Later(start), dict(ENVIRON))
        answer.finish()
        assert answer.body == b"at last"
        gone = weakref.ref(answer)
        del answer
        assert gone() is None
    finally:
        gc.enable()

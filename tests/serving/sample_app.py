"""A small WSGI app served over a socket, as a process of its own: what the tests of `serving` talk to.

Run as `python sample_app.py PORT [OTHER_PORT]`; what is below /there/ is handed on to the other port. It prints `ready`
when it accepts connections and one line for each thing that the tests want to know of the inside.
"""

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from serving import Forward, Limits, run

MADE: list[None] = []


def say(line: str) -> None:
    """Tell the test, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """/echo gives the body back, /environ the request's own data, /slow waits for its client, /stream never ends.

    /later is answered by a thread of its own, /quick says which thread it runs on, /pieces is long.
    """
    path, body = environ["PATH_INFO"].removeprefix("/there"), environ["wsgi.input"].read()
    if path == "/echo":
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return [body]
    if path.startswith("/environ"):
        start_response("200 OK", [("Content-Type", "text/plain")])
        names = ["REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "HTTP_X_ROLE", "CONTENT_LENGTH"]
        names += ["HTTP_X_FORWARDED_FOR"] if "HTTP_X_FORWARDED_FOR" in environ else []
        return ["\n".join(str(environ.get(name)) for name in names).encode("latin-1")]
    if path == "/slow":
        say("begun")
        left = environ["serving.client_left"].wait(10)
        say(f"client left: {left}")
        start_response("200 OK", [])
        return [b"done"]
    if path == "/working":
        say("begun")
        time.sleep(0.5)
        start_response("200 OK", [])
        return [b"finished"]
    if path == "/stream":
        start_response("200 OK", [])
        return stream()
    if path == "/pieces":
        start_response("200 OK", [])
        return pieces()
    if path == "/made":
        start_response("200 OK", [])
        return [str(len(MADE)).encode()]
    if path in ("/later", "/later-fails"):
        return Later(start_response, fails=path == "/later-fails")
    if path == "/quick":
        start_response("200 OK", [])
        return [threading.current_thread().name.encode()]
    if path == "/fails":
        raise ValueError("a fault of the app")
    start_response("404 Not Found", [])
    return []


class Later:
    """An answer that is there half a second after the server asks for it."""

    def __init__(self, start_response: Any, *, fails: bool) -> None:
        self.start_response = start_response
        self.fails = fails

    def when_ready(self, tell: Any) -> None:
        """Tell from a thread of its own, in half a second."""
        say("waiting")
        threading.Timer(0.5, tell).start()

    def __iter__(self) -> Iterator[bytes]:
        if self.fails:
            raise ValueError("a fault that shows late")
        self.start_response("201 Created", [("X-Kept", "yes")])
        return iter((b"kept", b" now"))

    def close(self) -> None:
        """As WSGI calls it at the end."""
        say("closed")


def pieces() -> Iterable[bytes]:
    """A hundred megabytes, one by one; /made tells how many there were."""
    for _ in range(100):
        MADE.append(None)
        yield b"x" * 2**20


def stream() -> Iterable[bytes]:
    """Megabyte after megabyte, until whoever reads has gone."""
    try:
        while True:
            yield b"x" * 2**20
    finally:
        say("stream closed")


if __name__ == "__main__":
    limits = Limits(
        body_bytes=1000,
        body_deadline_s=1.0,
        held_bytes=1850,
        small_bytes=100,
        threads=4,
        waiting=4,
        header_deadline_s=1.0,
        stalled_s=float(os.environ.get("SAMPLE_STALLED_S", "300")),
    )
    port, quick = int(sys.argv[1]), lambda environ, body: environ["PATH_INFO"] == "/quick" and not body
    forward = None
    if len(sys.argv) > 2:
        away = ([("x-away", "yes")], b"being started")
        forward = Forward(lambda path: path.startswith("/there/"), "127.0.0.1", int(sys.argv[2]), away=away)
    run(app, host="127.0.0.1", port=port, limits=limits, ready=lambda: say("ready"), quick=quick, forward=forward)
    say("stopped")

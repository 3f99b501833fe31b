"""One request's way through a WSGI app: the environ it is called with, and the answer it gives."""

import io
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Protocol, cast

CLIENT_LEFT = "serving.client_left"
JOINED_BYTES = 1 << 20
_SAME_FOR_ALL = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


class Later(Protocol):
    """An app's iterable whose answer is not known yet; see the package's docstring."""

    def when_ready(self, tell: Callable[[], None]) -> None:
        """Call `tell` once, from any thread, when iterating would not block any more."""
        ...

    def __iter__(self) -> Any: ...


def environ_of(scope: Any, body: bytes) -> dict[str, Any]:
    """The WSGI environ (PEP 3333) of an RSGI scope whose body is already there."""
    environ: dict[str, Any] = _SAME_FOR_ALL.copy()
    environ["REQUEST_METHOD"] = scope.method
    environ["PATH_INFO"] = scope.path.encode().decode("latin-1")
    environ["QUERY_STRING"] = scope.query_string
    environ["SERVER_NAME"], _, environ["SERVER_PORT"] = scope.server.rpartition(":")
    environ["SERVER_PROTOCOL"] = f"HTTP/{scope.http_version}"
    environ["REMOTE_ADDR"] = scope.client.rpartition(":")[0]
    environ["wsgi.url_scheme"] = scope.scheme
    environ["wsgi.input"] = io.BytesIO(body)
    environ["wsgi.errors"] = sys.stderr
    for name, value in scope.headers.items():
        key = _key_of(name)
        if key is not None:
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


@lru_cache(maxsize=256)
def _key_of(name: str) -> str | None:
    """A header's key in the environ, None for one that is left out."""
    if "_" in name:
        return None  # X_Y and X-Y would be one key: whoever sends the first could pass for the second
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key


class Answer:
    """What a WSGI app answered: status, headers, and a body: one piece, pieces to come, or all of it later."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self.pieces: Iterable[bytes] | None = None
        self.later: Later | None = None
        self.length: int | None = None

    def start(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], Any]:
        """WSGI's start_response; granian writes Content-Length of a whole body itself."""
        self.status = int(status[:3])
        told = next((v for n, v in headers if n.lower() == "content-length"), "")
        self.length = int(told) if told.isdecimal() else None
        self.headers = [(n.lower(), v) for n, v in headers if n.lower() not in ("content-length", "connection")]
        return self._write

    def finish(self) -> None:
        """Take the answer that is ready now."""
        later, self.later = self.later, None  # it knows us by `start`: neither would be freed at once
        assert later is not None
        try:
            self.body += b"".join(later)
        finally:
            close(later)

    def _write(self, piece: bytes) -> None:
        self.body += piece


def call(app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> Answer:
    """Call the app in this thread. A short body of known length is joined; what may be long is left to be streamed."""
    answer = Answer()
    pieces = app(environ, answer.start)
    if hasattr(pieces, "when_ready"):
        answer.later = cast(Later, pieces)
    elif environ["REQUEST_METHOD"] == "HEAD" or isinstance(pieces, list | tuple) or _is_short(answer):
        try:
            answer.body += b"".join(pieces)
        finally:
            close(pieces)
    else:
        answer.pieces = pieces
    return answer


def _is_short(answer: Answer) -> bool:
    """Whether the app told a length, as Flask does of a body that it holds whole, that is worth no piece by piece."""
    return answer.length is not None and answer.length <= JOINED_BYTES


def close(pieces: Any) -> None:
    """WSGI's close(): tells the app that its iterable is done with, whether or not it was read to the end."""
    closer = getattr(pieces, "close", None)
    if closer is not None:
        closer()

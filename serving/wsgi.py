"""One request's way through a WSGI app: the environ it is called with, and the answer it gives."""

import io
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

CLIENT_LEFT = "serving.client_left"


def environ_of(scope: Any, body: bytes, client_left: threading.Event) -> dict[str, Any]:
    """The WSGI environ (PEP 3333) of an RSGI scope whose body is already there."""
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        CLIENT_LEFT: client_left,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # X_Y and X-Y would be one key: whoever sends the first could pass for the second
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = "HTTP_" + key
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


class Answer:
    """What a WSGI app answered: status, headers, and a body that is one piece or an iterator of pieces."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self.pieces: Iterable[bytes] | None = None

    def start(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], Any]:
        """WSGI's start_response; granian writes Content-Length of a whole body itself."""
        self.status = int(status[:3])
        self.headers = [(n.lower(), v) for n, v in headers if n.lower() not in ("content-length", "connection")]
        return self._write

    def _write(self, piece: bytes) -> None:
        self.body += piece


def call(app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> Answer:
    """Call the app in this thread. A body that the app holds whole is joined; a generator is left to be streamed."""
    answer = Answer()
    pieces = app(environ, answer.start)
    if environ["REQUEST_METHOD"] == "HEAD" or isinstance(pieces, list | tuple) or _is_whole(pieces):
        try:
            answer.body += b"".join(pieces)
        finally:
            close(pieces)
    else:
        answer.pieces = pieces
    return answer


def _is_whole(pieces: Any) -> bool:
    """Whether werkzeug says that iterating costs nothing more: its body is a sequence that is already there."""
    response = getattr(pieces, "response", None)
    return isinstance(response, list | tuple)


def close(pieces: Any) -> None:
    """WSGI's close(): tells the app that its iterable is done with, whether or not it was read to the end."""
    closer = getattr(pieces, "close", None)
    if closer is not None:
        closer()

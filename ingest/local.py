"""The door for programs on the same machine: a Unix socket in the data folder, for whoever may write there.

One process writes the database, so `add_patient_driver` hands its post to the server that runs, where one does. A
post is one line of JSON, the answer another. `DATA/run/driver.address` says where the socket is, because a socket's
path may be no longer than about 100 characters and a data folder's may.
"""

import contextlib
import json
import os
import shutil
import socket
import socketserver
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingest.settings import IngestSettings

LONGEST_PATH = 90
MOST_BYTES = 48 * 2**20
TIMEOUT_S = 30.0


def ask(settings: IngestSettings, post: dict[str, Any]) -> tuple[str, int] | None:
    """Hand a post to the server of this data folder: its answer and status, or None when none runs."""
    try:
        address = (settings.run / "driver.address").read_text()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(address)
            connection.sendall(json.dumps(post).encode() + b"\n")
            with connection.makefile("rb") as answers:
                answer = json.loads(answers.readline())
        return answer["answer"], answer["status"]
    except (OSError, ValueError):
        return None


class Door:
    """Listens for posts of programs on this machine; `take` gets each and answers a sentence and a status."""

    def __init__(self, settings: IngestSettings, take: Callable[[Any], tuple[str, int]]) -> None:
        self._address = settings.run / "driver.address"
        self._folder: Path | None = None
        path = settings.run.resolve() / "driver.sock"
        if len(os.fsencode(path)) > LONGEST_PATH:
            self._folder = Path(tempfile.mkdtemp(prefix="bedside-"))
            path = self._folder / "driver.sock"
        path.unlink(missing_ok=True)

        class Handler(socketserver.StreamRequestHandler):
            timeout = TIMEOUT_S

            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    post = json.loads(self.rfile.readline(MOST_BYTES))
                    answer, status = take(post)
                    self.wfile.write(json.dumps({"answer": answer, "status": status}).encode() + b"\n")

        self._server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        self._server.daemon_threads = True
        path.chmod(0o600)
        self._path = path
        self._address.write_text(str(path))
        self._thread = threading.Thread(target=self._server.serve_forever, name="local door", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, and leave nothing behind."""
        if self._thread.ident is not None:
            self._server.shutdown()
        self._server.server_close()
        self._address.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

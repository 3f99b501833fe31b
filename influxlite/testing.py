"""An InfluxDB 2 for tests: a server in a process of its own that begins empty and leaves nothing behind.

    from influxlite.testing import serve

    with serve() as server, server.bucket() as database:
        database.write("weather,city=Bern temperature=21.5 1767225600000000000")
        database.query("from(bucket: bucket) |> range(start: 0)")

With pytest nothing of this is needed: the fixture `influxlite` (see `influxlite.pytest_plugin`) is a `Database` of the
test's own. `Database.client()` is the official client, `Database.environment` what programs read that use it.

Errors: `ServerFailed` when the server does not start, with its log; `Refused` for what it refuses, in its own words.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from influxdb_client.client.influxdb_client import InfluxDBClient

ORG = "test"
PATIENCE_S = 60.0
PACE_S = 0.01


class ServerFailed(RuntimeError):  # noqa: N818 - says what happened
    """The server ended, or did not answer in time; the text holds the end of its log."""


class Refused(RuntimeError):  # noqa: N818 - says what happened
    """The server refused a request; `status` is HTTP's, `code` and the text are InfluxDB's."""

    def __init__(self, status: int, body: str) -> None:
        told = json.loads(body) if body.startswith("{") else {}
        self.status = status
        self.code = told.get("code", "")
        super().__init__(f"{status} {self.code}: {told.get('message', body[:500])}")


@dataclass(frozen=True)
class Server:
    """A running server: where it is, and the token that may do everything."""

    url: str
    org: str
    token: str

    def request(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> str:
        """The body that the server answers to one call; Refused for a status of 400 or more."""
        where = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE_S)
        try:
            headers = {"Authorization": f"Token {self.token}", "Content-Type": kind}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:
            raise Refused(answer.status, text)
        return text

    @contextlib.contextmanager
    def bucket(self, name: str = "", *, retention_s: int = 0) -> Iterator[Database]:
        """A fresh bucket, which is deleted afterwards. Without a name it gets one that no other has."""
        named = name or f"test-{secrets.token_hex(6)}"
        org = json.loads(self.request("GET", f"/api/v2/orgs?{urllib.parse.urlencode({'org': self.org})}"))
        rules = [{"type": "expire", "everySeconds": retention_s}] if retention_s else []
        wanted = {"name": named, "orgID": org["orgs"][0]["id"], "retentionRules": rules}
        made = json.loads(self.request("POST", "/api/v2/buckets", json.dumps(wanted).encode()))
        try:
            yield Database(self, named)
        finally:
            self.request("DELETE", f"/api/v2/buckets/{made['id']}")


@dataclass(frozen=True)
class Database:
    """One bucket of a running server."""

    server: Server
    bucket: str

    @property
    def url(self) -> str:
        """Where the server is, such as `http://127.0.0.1:8086`."""
        return self.server.url

    @property
    def org(self) -> str:
        """The name of the organization."""
        return self.server.org

    @property
    def token(self) -> str:
        """A token that may do everything."""
        return self.server.token

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs in its environment to find this server, under the names of the official clients."""
        return {"INFLUXDB_V2_URL": self.url, "INFLUXDB_V2_ORG": self.org, "INFLUXDB_V2_TOKEN": self.token}

    def client(self) -> InfluxDBClient:
        """The official client; close it, or use it in a `with`."""
        from influxdb_client.client.influxdb_client import InfluxDBClient

        return InfluxDBClient(self.url, self.token, org=self.org)

    def write(self, lines: str, precision: str = "ns") -> None:
        """Write line protocol; Refused where a line is wrong."""
        where = urllib.parse.urlencode({"org": self.org, "bucket": self.bucket, "precision": precision})
        self.server.request("POST", f"/api/v2/write?{where}", lines.encode(), "text/plain; charset=utf-8")

    def query(self, flux: str, **params: Any) -> str:
        """Annotated CSV. In the script, `bucket` is the name of this bucket, and `params` holds the arguments given."""
        extern = {"type": "File", "package": None, "imports": None, "body": [_assignment("bucket", self.bucket)]}
        body = {"query": flux, "type": "flux", "extern": extern, "dialect": DIALECT}
        if params:
            body["params"] = params
        where = urllib.parse.urlencode({"org": self.org})
        return self.server.request("POST", f"/api/v2/query?{where}", json.dumps(body).encode())


DIALECT = {"annotations": ["datatype", "group", "default"], "header": True}


def _assignment(name: str, text: str) -> dict[str, Any]:
    """`name = "text"` as InfluxDB's syntax tree."""
    identifier = {"type": "Identifier", "name": name}
    return {"type": "VariableAssignment", "id": identifier, "init": {"type": "StringLiteral", "value": text}}


@contextlib.contextmanager
def serve(data: Path | None = None) -> Iterator[Server]:
    """A server on a free port of 127.0.0.1 while the `with` lasts; it also ends when this process does.

    It keeps its data in the folder `data`, or in one that is deleted afterwards. ServerFailed where it does not start.
    """
    with contextlib.ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="influxlite-")))
        token = secrets.token_urlsafe(24)
        port = _free_port()
        options = ["--data", str(folder / "data"), "--port", str(port), "--org", ORG, "--bucket", "first"]
        command = [sys.executable, "-m", "influxlite", "serve", *options, "--exit-with-parent"]
        known = {**os.environ, "INFLUXLITE_TOKEN": token}
        log = stack.enter_context((folder / "influxlite.log").open("wb"))
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=known)  # noqa: S603
        try:
            _wait(port, process, folder / "influxlite.log")
            yield Server(f"http://127.0.0.1:{port}", ORG, token)
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server says that it is healthy."""
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(PACE_S)
        finally:
            connection.close()
    raise ServerFailed(f"influxlite did not start: {log.read_text(errors='replace')[-2000:]}")

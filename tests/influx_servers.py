"""The InfluxDBs that tests run on: influxlite always, in a process of its own, and a real one where one is given.

A real one is given by BEDSIDE_TEST_INFLUX_URL, _ORG and _TOKEN, or by an `influxd` on the PATH, which is started on a
folder of its own. Tests touch only buckets named `bedside-test-…`, which are deleted at the end.
"""

import contextlib
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

ORG, TOKEN = "test-ward", "bedside-test-token"
REAL_VARIABLES = ("BEDSIDE_TEST_INFLUX_URL", "BEDSIDE_TEST_INFLUX_ORG", "BEDSIDE_TEST_INFLUX_TOKEN")
ANNOTATIONS = ("datatype", "group", "default")
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Influx:
    """A running server: `kind` is "influxlite" or "real"."""

    kind: str
    url: str
    org: str
    token: str

    def request(self, method: str, path: str, *, token: str | None = "", **options) -> requests.Response:
        """One HTTP call; `token=None` sends none, the default sends the server's own."""
        headers = dict(options.pop("headers", None) or {})
        if token is not None:
            headers.setdefault("Authorization", f"Token {token or self.token}")
        return requests.request(method, self.url + path, headers=headers, timeout=PATIENCE_S, **options)

    def org_id(self) -> str:
        """The id of its organization."""
        return self.request("GET", "/api/v2/orgs", params={"org": self.org}).json()["orgs"][0]["id"]

    def make_bucket(self, *, retention_s: int = 0) -> str:
        """A fresh bucket; its name."""
        name = f"bedside-test-{secrets.token_hex(6)}"
        body = {
            "name": name,
            "orgID": self.org_id(),
            "retentionRules": [{"type": "expire", "everySeconds": retention_s}] if retention_s else [],
        }
        made = self.request("POST", "/api/v2/buckets", json=body)
        assert made.status_code == 201, made.text
        return name

    def drop_bucket(self, name: str) -> None:
        """Delete a bucket of that name where it is there."""
        assert name.startswith("bedside-test-"), name
        found = self.request("GET", "/api/v2/buckets", params={"name": name}).json()["buckets"]
        for bucket in found:
            self.request("DELETE", f"/api/v2/buckets/{bucket['id']}")

    @contextlib.contextmanager
    def bucket(self, *, retention_s: int = 0) -> Iterator[str]:
        """A fresh bucket for a while."""
        name = self.make_bucket(retention_s=retention_s)
        try:
            yield name
        finally:
            self.drop_bucket(name)

    def write(self, bucket: str, lines: str | bytes, precision: str = "ns", **options) -> requests.Response:
        """Post line protocol."""
        parameters = {"org": self.org, "bucket": bucket, "precision": precision}
        data = lines.encode() if isinstance(lines, str) else lines
        return self.request("POST", "/api/v2/write", params=parameters, data=data, **options)

    def query(self, script: str, **body) -> requests.Response:
        """Run Flux; the answer is annotated CSV."""
        dialect = {"annotations": list(ANNOTATIONS), "header": True}
        given = {"query": script, "type": "flux", "dialect": dialect, **body}
        return self.request("POST", "/api/v2/query", params={"org": self.org}, json=given)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on now, for servers that end and start again while others connect.

    They lie below those that systems give to outgoing connections, one of which could hold such a port meanwhile.
    """
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            probe = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
                ports.append(probe.getsockname()[1])
        return ports


def wait_for_health(url: str, process: subprocess.Popen, log: Path) -> None:
    """Return when the server says that it is healthy; fail with its log when it ends or never is."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.RequestException, ValueError):
            if requests.get(f"{url}/health", timeout=5).json().get("status") == "pass":
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    raise AssertionError(f"the server did not start: {log.read_text()[-3000:]}")


@contextlib.contextmanager
def running(
    command: list[str], url: str, log: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen]:
    """A server process, from healthy to stopped."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **(environment or {})})
    try:
        wait_for_health(url, process, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def influxlite_command(data: Path, port: int) -> list[str]:
    """The command that serves influxlite from a folder."""
    options = ["--data", str(data), "--port", str(port), "--org", ORG, "--bucket", "bedside-test-first"]
    return [sys.executable, "-m", "influxlite", "serve", *options, "--token", TOKEN, "--exit-with-parent"]


@contextlib.contextmanager
def influxlite(folder: Path) -> Iterator[Influx]:
    """influxlite in a process of its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(influxlite_command(folder / "data", port), url, folder / "influxlite.log"):
        yield Influx("influxlite", url, ORG, TOKEN)


@contextlib.contextmanager
def real(folder: Path) -> Iterator[Influx]:
    """The real InfluxDB that is given."""
    if all(os.environ.get(name) for name in REAL_VARIABLES):
        url, org, token = (os.environ[name] for name in REAL_VARIABLES)
        yield Influx("real", url.rstrip("/"), org, token)
        return
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = ["influxd", "--http-bind-address", f"127.0.0.1:{port}", "--reporting-disabled", "--log-level", "error"]
    for option, name in (("bolt-path", "bolt"), ("sqlite-path", "sqlite"), ("engine-path", "engine")):
        command += [f"--{option}", str(folder / name)]
    with running(command, url, folder / "influxd.log"):
        set_up = {
            "username": "admin",
            "password": "bedside-test",
            "org": ORG,
            "bucket": "bedside-test-first",
            "token": TOKEN,
        }
        answer = requests.post(f"{url}/api/v2/setup", json=set_up, timeout=PATIENCE_S)
        assert answer.status_code == 201, answer.text
        yield Influx("real", url, ORG, TOKEN)


def kinds() -> list[str]:
    """Which servers tests run on here."""
    given = all(os.environ.get(name) for name in REAL_VARIABLES) or shutil.which("influxd")
    return ["influxlite", "real"] if given else ["influxlite"]


@contextlib.contextmanager
def server(kind: str, folder: Path) -> Iterator[Influx]:
    """The server of that kind."""
    with (influxlite if kind == "influxlite" else real)(folder) as found:
        yield found

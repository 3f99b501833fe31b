"""Starts what a benchmark measures, each in a folder that is thrown away: Bedside, and a real InfluxDB beside it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "benchmark-token"
ORG, BUCKET = "ward", "telemetry"


@dataclass
class Influx:
    """An InfluxDB API: its address and what to write and query with."""

    url: str
    pid: int

    @property
    def write_url(self) -> str:
        """Where line protocol in milliseconds goes."""
        return f"{self.url}/api/v2/write?org={ORG}&bucket={BUCKET}&precision=ms"


@dataclass
class Bedside:
    """A running `bedside up`: the ingest API's address, influxlite's, its data folder, and its process."""

    url: str
    influx_url: str
    data: Path
    pid: int


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url: str, token: str = TOKEN) -> bytes:
    """The body of a GET."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def token(api: Bedside, role: str) -> str:
    """A new token of that role."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    body = json.dumps({"role": role, "name": f"benchmark {role}"}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{api.url}/v1/tokens", body, headers), timeout=30) as answer:
        return json.loads(answer.read())["token"]


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            get(url)
            return
        time.sleep(0.05)
    raise SystemExit(f"{process.args} ended before {url} answered")


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, str], ready: str) -> Iterator[subprocess.Popen[bytes]]:
    # A session of its own: Ctrl-C at the terminal reaches the benchmark alone, which ends what it started.
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _await(ready, process)
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def bedside(folder: Path, influx: Influx | None = None) -> Iterator[Bedside]:
    """`bedside up` on a folder, with its own influxlite or with the InfluxDB that is given."""
    port, influx_port = free_port(), free_port()
    environment = {
        "BEDSIDE_DATA": str(folder),
        "BEDSIDE_PORT": str(port),
        "BEDSIDE_INFLUX_PORT": str(influx_port),
        "BEDSIDE_ADMIN_TOKEN": TOKEN,
    }
    if influx is not None:
        environment |= {"INFLUXDB_V2_URL": influx.url, "INFLUXDB_V2_ORG": ORG, "INFLUXDB_V2_TOKEN": TOKEN}
    command = [sys.executable, "-m", "bedside.cli", "up"]
    with _running(command, environment, f"http://127.0.0.1:{port}/readyz") as process:
        url = influx.url if influx is not None else f"http://127.0.0.1:{influx_port}"
        yield Bedside(f"http://127.0.0.1:{port}", url, folder, process.pid)


@contextlib.contextmanager
def influxdb(folder: Path, *more: str) -> Iterator[Influx | None]:
    """A real InfluxDB 2 from the PATH on a folder, with more options where they are given; None where there is none."""
    program = shutil.which("influxd")
    if program is None:
        yield None
        return
    port = free_port()
    options = {
        "--bolt-path": folder / "influxd.bolt",
        "--sqlite-path": folder / "influxd.sqlite",
        "--engine-path": folder / "engine",
        "--http-bind-address": f"127.0.0.1:{port}",
        "--log-level": "error",
    }
    command = [program, "--reporting-disabled", *more, *(str(part) for option in options.items() for part in option)]
    with _running(command, {}, f"http://127.0.0.1:{port}/health") as process:
        url = f"http://127.0.0.1:{port}"
        body = {"username": "benchmark", "password": "benchmark", "org": ORG, "bucket": BUCKET, "token": TOKEN}
        if json.loads(get(f"{url}/api/v2/setup"))["allowed"]:  # a folder that was used before is set up already
            urllib.request.urlopen(urllib.request.Request(f"{url}/api/v2/setup", json.dumps(body).encode()), timeout=30)
        yield Influx(url, process.pid)


@contextlib.contextmanager
def influxlite(folder: Path) -> Iterator[Influx]:
    """influxlite alone on a folder."""
    port = free_port()
    command = [sys.executable, "-m", "influxlite", "serve", "--data", str(folder), "--port", str(port)]
    environment = {"INFLUXLITE_TOKEN": TOKEN, "INFLUXLITE_ORG": ORG, "INFLUXLITE_BUCKET": BUCKET}
    with _running(command, environment, f"http://127.0.0.1:{port}/health") as process:
        yield Influx(f"http://127.0.0.1:{port}", process.pid)

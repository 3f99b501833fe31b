"""The whole pipeline as processes of its own: ingest, and an InfluxDB: influxlite, or a real one where it is given."""

import os
import signal
import subprocess
import sys
import time
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import requests

from simulator import SimulateOptions

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ADMIN = "an-admin-token-for-tests"


@dataclass
class Part:
    """One process that answers `ready_url` with 200 when it is ready."""

    command: list[str]
    environment: dict[str, str]
    ready_url: str
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready, as long as it runs."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env={**os.environ, **self.environment}, stdout=log, stderr=log
            )
        while True:
            assert self.process.poll() is None, f"ended at once: {self.log.read_text()[-3000:]}"
            try:
                if requests.get(self.ready_url, timeout=5).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.05)

    def kill(self) -> None:
        """End it without warning, in whatever it is doing."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None


@dataclass(frozen=True)
class Target:
    """Where points go: an InfluxDB 2 with its credentials, and a bucket that is the test's own."""

    url: str
    org: str
    token: str
    bucket: str = field(default_factory=lambda: f"bedside-test-{uuid.uuid4().hex[:10]}")

    def write(self, line: str) -> None:
        """Write a line of line protocol past Bedside, as nobody should."""
        told = requests.post(
            f"{self.url}/api/v2/write",
            params={"org": self.org, "bucket": self.bucket, "precision": "ms"},
            data=line.encode(),
            headers={"Authorization": f"Token {self.token}"},
            timeout=30,
        )
        assert told.status_code == 204, told.text

    def delete(self, start: str, stop: str, predicate: str) -> None:
        """Delete points past Bedside."""
        told = requests.post(
            f"{self.url}/api/v2/delete",
            params={"org": self.org, "bucket": self.bucket},
            json={"start": start, "stop": stop, "predicate": predicate},
            headers={"Authorization": f"Token {self.token}"},
            timeout=30,
        )
        assert told.status_code == 204, told.text


@dataclass
class Stack:
    """Running parts, and the options for a simulation against them."""

    ingest: Part
    influx: Part | None
    target: Target
    options: SimulateOptions

    def parts(self) -> list[Part]:
        """The parts that a test may kill."""
        return [self.ingest] if self.influx is None else [self.ingest, self.influx]

    def close(self) -> None:
        """End everything; the buckets in a server that goes on are removed."""
        for part in self.parts():
            part.stop()
        if self.influx is None:
            api, headers = f"{self.target.url}/api/v2/buckets", {"Authorization": f"Token {self.target.token}"}
            for name in (self.target.bucket, f"{self.target.bucket}-pipeline"):
                found = requests.get(api, params={"name": name}, headers=headers, timeout=30).json()
                for bucket in found.get("buckets", []):
                    requests.delete(f"{api}/{bucket['id']}", headers=headers, timeout=30)


def start(folder: Path, ports: Sequence[int], kind: str) -> Stack:
    """Start a pipeline that keeps its data in `folder`; `kind` is `influxlite` or `influxdb`."""
    influx = None
    if kind == "influxdb":
        url, org, token = (os.environ[f"BEDSIDE_TEST_INFLUX_{name}"] for name in ("URL", "ORG", "TOKEN"))
        target = Target(url, org, token)
    else:
        target = Target(f"http://127.0.0.1:{ports[1]}", "ward", ADMIN)
        options = {"data": folder / "influx", "host": "127.0.0.1", "port": ports[1], "org": "ward"}
        options |= {"bucket": target.bucket, "token": ADMIN}
        command = [sys.executable, "-m", "influxlite", "serve"]
        command += [text for name, value in options.items() for text in (f"--{name}", str(value))]
        influx = Part(command, {}, f"{target.url}/health", folder / "influxlite.log")
        influx.start()
    environment = {
        "BEDSIDE_DATA": str(folder / "data"),
        "BEDSIDE_ADMIN_TOKEN": ADMIN,
        "BEDSIDE_BUCKET": target.bucket,
        "INFLUXDB_V2_URL": target.url,
        "INFLUXDB_V2_ORG": target.org,
        "INFLUXDB_V2_TOKEN": target.token,
    }
    (folder / "data").mkdir()
    url = f"http://127.0.0.1:{ports[0]}"
    command = [sys.executable, str(HERE / "serve_ingest.py"), str(ports[0])]
    ingest = Part(command, environment, f"{url}/readyz", folder / "ingest.log")
    ingest.start()
    options = SimulateOptions(
        url=url,
        token=ADMIN,
        clinician_token=ADMIN,
        influx_url=target.url,
        influx_org=target.org,
        influx_token=target.token,
        influx_bucket=target.bucket,
        ledger=folder / "ledger.jsonl",
        verify=True,
    )
    return Stack(ingest, influx, target, options)


def fresh(options: SimulateOptions, folder: Path, name: str, **changes: object) -> SimulateOptions:
    """The options with a ledger and rooms and patients of their own, so that tests can share one pipeline."""
    block = 1 + zlib.crc32(name.encode()) % 100_000
    return replace(
        options,
        ledger=folder / f"{name}.jsonl",
        first_room=block * 1_000,
        first_mrn=block * 1_000,
        **changes,  # type: ignore[arg-type]
    )

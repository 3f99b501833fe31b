"""Acknowledged means kept: whatever is killed, full or read-only in between."""

import os
import random
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ingest import add_patient_driver

ROOT = Path(__file__).resolve().parents[2]
ADMIN = {"Authorization": "Bearer the-admin-token-of-the-tests"}


class Server:
    """A server in a process of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **limits: int) -> None:
        """Start it and wait until it answers; `file_bytes` limits how long its files may grow."""
        environment = {
            **os.environ,
            "BEDSIDE_DATA": str(self.data),
            "BEDSIDE_ADMIN_TOKEN": "the-admin-token-of-the-tests",
            "INFLUXDB_V2_URL": "http://127.0.0.1:9",
            "INFLUXDB_V2_TOKEN": "none",
            "PYTHONPATH": str(ROOT),
        }
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("serve.py")), str(self.port)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if "file_bytes" in limits:
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (limits["file_bytes"], resource.RLIM_INFINITY))
        while True:
            assert self.process.poll() is None, "the server ended"
            try:
                requests.get(self.url + "/healthz", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server, not started yet."""
    made = Server(tmp_path / "data")
    yield made
    made.kill()


def reading(client: int, number: int) -> dict[str, Any]:
    """Readings of two rooms, the patient turning over with each."""
    seconds = number * 8 + client
    time_text = f"2026-01-10T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z"
    return {"room": client % 2, "mrn": f"{client}-{number}", "time": time_text, "spo2": 95}


def test_every_acknowledged_reading_survives_kill_9(server: Server) -> None:
    """Eight clients post turnovers to two rooms while the server is killed four times: each 201 is there, once."""
    acknowledged: list[tuple[str, str, str]] = []
    unexpected: list[int] = []
    done = threading.Event()

    def post(client: int) -> None:
        session = requests.Session()
        for number in range(10_000):
            body = reading(client, number)
            while not done.is_set():
                try:
                    answer = session.post(server.url + "/v1/readings", json=body, headers=ADMIN, timeout=30)
                except requests.RequestException:
                    time.sleep(0.01)
                    continue
                if answer.status_code == 201:
                    acknowledged.append((str(body["room"]), body["mrn"], body["time"]))
                    break
                if answer.status_code != 503:
                    unexpected.append(answer.status_code)
                    break
            if done.is_set():
                return

    clients = [threading.Thread(target=post, args=(client,)) for client in range(8)]
    server.start()
    for thread in clients:
        thread.start()
    chance = random.Random(4)
    for _ in range(4):
        before = len(acknowledged)
        while len(acknowledged) < before + 60:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.05))
        server.kill()
        server.start()
    done.set()
    for thread in clients:
        thread.join()
    server.kill()

    assert not unexpected
    db = sqlite3.connect(server.data / "bedside.db")
    lines = [line for (body,) in db.execute("SELECT body FROM outbox WHERE kind=0") for line in body.split("\n")]
    points = [tuple(line.split(" ")[0].split(",")[1:]) for line in lines if line.startswith("cpap")]
    assert len(points) == len(set(points))
    assert {(f"mrn={mrn}", f"room={room}") for room, mrn, _ in acknowledged} <= set(points)
    assert len(acknowledged) >= 240
    (overlaps,) = db.execute(
        "SELECT count(*) FROM stays a JOIN stays b ON a.id != b.id AND (a.room = b.room OR a.mrn = b.mrn) "
        "AND a.from_ms < coalesce(b.to_ms, 9e18) AND b.from_ms < coalesce(a.to_ms, 9e18)"
    ).fetchone()
    assert overlaps == 0
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux lets a test limit another process's files")
def test_a_full_disk_is_503_and_recovers_by_itself(server: Server) -> None:
    """Where files may not grow, posts are 503 with Retry-After and leave nothing; with room again they are kept."""
    server.start(file_bytes=400_000)
    assert server.process is not None
    accepted = []
    for number in range(3000):
        answer = requests.post(server.url + "/v1/readings", json=reading(0, number), headers=ADMIN, timeout=30)
        if answer.status_code == 503:
            break
        assert answer.status_code == 201
        accepted.append(number)
    else:
        pytest.fail("the disk never was full")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["type"] == "cannot-store"
    ready = requests.get(server.url + "/readyz", timeout=30)
    assert ready.status_code == 503

    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)
    again = requests.post(server.url + "/v1/readings", json=reading(0, len(accepted)), headers=ADMIN, timeout=30)
    assert again.status_code == 201
    rooms = requests.get(server.url + "/v1/rooms/0/stays", headers=ADMIN, timeout=30).json()["stays"]
    assert [stay["mrn"] for stay in rooms] == [f"0-{number}" for number in range(len(accepted) + 1)]


POST = {
    "patient_name": "Ada",
    "patient_mrn": 7,
    "room_number": "9",
    "CPAP_pressure": "9.5",
    "breath_rate": "",
    "apnea_count": 2,
    "flow_image": "",
}


def test_the_driver_needs_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`add_patient_driver` keeps a post with BEDSIDE_DATA alone, and does not import Flask to do so."""
    monkeypatch.setenv("BEDSIDE_DATA", str(tmp_path))
    assert add_patient_driver(POST) == ("New patient created", 200)
    assert add_patient_driver({**POST, "patient_mrn": "8"}) == ("Patient successfully updated", 200)
    assert add_patient_driver({**POST, "patient_mrn": "x"}) == ("Key patient_mrn is not an int or numeric string", 400)
    assert add_patient_driver([POST]) == ("Input is not a dictionary", 400)
    code = "import sys, ingest; ingest.add_patient_driver({}); sys.exit('flask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_the_driver_hands_its_post_to_the_server_that_runs(ward: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a server holds the data folder, the driver's post goes through that server's one writer."""
    monkeypatch.setenv("BEDSIDE_DATA", str(ward.settings.data))
    assert add_patient_driver(POST) == ("New patient created", 200)
    assert ward.get("/v1/rooms/9")["mrn"] == "7"
    assert ward.call("POST", "/add_patient", {**POST, "patient_mrn": 8}).json() == "Patient successfully updated"


def test_two_servers_never_hold_one_folder(ward: Any, start: Callable[..., Any]) -> None:
    """A second server on the same data says so in a sentence."""
    with pytest.raises(Exception, match="in use by another running ingest server"):
        start(data=ward.settings.data)

"""No acknowledgement leaves before what it acknowledges is on the disk: a running server's calls, traced."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import requests

from ingest.images import PNG, digest
from tests.influx_servers import free_port
from tests.tracing import Call, calls, can_trace, synced, traced

CALLS = ("pwrite64", "write", "fdatasync", "fsync", "rename", "mkdir", "writev", "sendto", "sendmsg")
TOKEN = "the-admin-token-of-the-tests"
WAL = "/bedside.db-wal"
CLIENTS, EACH = 6, 8
pytestmark = pytest.mark.skipif(not can_trace(), reason="strace is not here or may not trace")


class Traced:
    """A server as `bedside up` runs it, whose calls are there once it has ended."""

    def __init__(self, folder: Path) -> None:
        self._trace = folder / "trace"
        self._port = free_port()
        self._environment = {
            **os.environ,
            "BEDSIDE_DATA": str(folder / "data"),
            "BEDSIDE_PORT": str(self._port),
            "BEDSIDE_ADMIN_TOKEN": TOKEN,
            "INFLUXDB_V2_URL": "http://127.0.0.1:9",
            "INFLUXDB_V2_TOKEN": "none",
        }
        self.found: list[Call] = []

    @contextlib.contextmanager
    def running(self) -> Iterator["Traced"]:
        """From ready to stopped."""
        command = [*traced(self._trace, *CALLS), sys.executable, "-m", "bedside.cli", "serve", "ingest"]
        with subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL) as process:
            try:
                while True:
                    assert process.poll() is None, "the server ended"
                    with contextlib.suppress(requests.ConnectionError):
                        requests.get(f"http://127.0.0.1:{self._port}/healthz", timeout=60)
                        break
                    time.sleep(0.05)
                yield self
            finally:
                process.terminate()
                process.wait()
        self.found = calls(self._trace, process.pid)

    def post(self, session: requests.Session, path: str, body: bytes, kind: str = "application/json") -> None:
        """Post something that must be taken."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
        answer = session.post(f"http://127.0.0.1:{self._port}{path}", body, headers=headers, timeout=120)
        assert answer.status_code in (200, 201), answer.text

    def written(self, path: str, mark: str) -> Call:
        """The first call that wrote those characters to that file."""
        written = (call for call in self.found if call.name in ("pwrite64", "write") and call.on(path))
        return next(call for call in written if mark in call.text)


def reading(mrn: str, room: int = 1, **more: object) -> bytes:
    """A reading of its own time, as JSON."""
    number = int(mrn.strip("m-x").replace("-", ""))
    moment = f"2026-01-10T22:{number // 60 % 60:02d}:{number % 60:02d}Z"
    return json.dumps({"room": room, "mrn": mrn, "time": moment, "spo2": 95.5, **more}).encode()


def legacy(mrn: int) -> dict[str, object]:
    """A post in the form of `/add_patient`."""
    numbers = {"CPAP_pressure": 9.5, "breath_rate": 14, "apnea_count": 0}
    return {"patient_name": "Bo Lind", "patient_mrn": mrn, "room_number": 9, "flow_image": "", **numbers}


WAYS = [
    ("/v1/readings", reading("m-1-x"), "application/json", "m-1-x"),
    ("/v1/readings", b"[" + reading("m-2-x") + b"," + reading("m-3-x") + b"]", "application/json", "m-3-x"),
    ("/v1/readings", reading("m-4-x") + b"\n" + reading("m-5-x"), "application/x-ndjson", "m-5-x"),
    ("/v1/readings", reading("m-6-x", name="Ada Park"), "application/json", "Ada Park"),
    ("/add_patient", json.dumps(legacy(70_007)).encode(), "application/json", "70007"),
    ("/v1/rooms/8/admit", b'{"mrn": "m-8-x"}', "application/json", "m-8-x"),
    ("/v1/rooms/8/discharge", b"{}", "application/json", '\\"left\\"'),
]
IMAGE = PNG + b"the-flow-of-one-breath"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """A server that has ended: it was sent each of `WAYS`, then an image, then what `CLIENTS` send at once."""
    server = Traced(tmp_path_factory.mktemp("traced"))
    with server.running():
        session = requests.Session()
        for path, body, kind, _ in WAYS:
            server.post(session, path, body, kind)
        server.post(session, "/v1/readings", reading("m-9-x", flow_image=base64.b64encode(IMAGE).decode()))

        def client(number: int) -> None:
            own = requests.Session()
            for i in range(EACH):
                server.post(own, "/v1/readings", reading(f"m-{number}{i:02d}-x", number))

        clients = [threading.Thread(target=client, args=(number,)) for number in range(1, CLIENTS + 1)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
    return server


def test_every_way_in_is_answered_after_its_sync(server: Traced) -> None:
    """A reading, an array, NDJSON, a legacy post, an admission, a discharge: each 2xx leaves after its fsync."""
    answers = [call for call in server.found if call.answers]
    first = len(answers) - len(WAYS) - 1 - CLIENTS * EACH
    for (path, _, _, mark), answer in zip(WAYS, answers[first : first + len(WAYS)], strict=True):
        kept = synced(server.found, server.written(WAL, mark), WAL)
        assert kept.ended < answer.began, path


def test_posts_that_share_a_sync_all_wait_for_it(server: Traced) -> None:
    """Of many clients at once, each is answered after a sync that began when its own reading was written."""
    answers = [call for call in server.found if call.answers]
    for number in range(1, CLIENTS + 1):
        for i in range(EACH):
            mark = f"m-{number}{i:02d}-x"
            (answer,) = (call for call in answers if f'\\"{mark}\\"' in call.text)
            assert synced(server.found, server.written(WAL, mark), WAL).ended < answer.began, mark


def test_an_image_is_on_the_disk_before_the_reading_that_names_it(server: Traced) -> None:
    """File, name and folders are synced before the reading is written, and that is synced before the answer."""
    name = digest(IMAGE)
    folder = f"/images/{name[:2]}"
    made = next(c for c in server.found if c.name == "mkdir" and f'{folder}"' in c.text)
    listed = synced(server.found, made, "/images")
    image = server.written(f"{folder}/{name}.new", "the-flow-of-one-breath")
    filled = synced(server.found, image, f"{folder}/{name}.new")
    renamed = next(c for c in server.found if c.name == "rename" and f'{folder}/{name}"' in c.text)
    named = synced(server.found, renamed, folder)
    reading_written = server.written(WAL, "m-9-x")
    kept = synced(server.found, reading_written, WAL)
    (answer,) = (call for call in server.found if call.answers and '\\"m-9-x\\"' in call.text)
    for before, after in pairwise((made, listed, image, filled, renamed, named, reading_written, kept, answer)):
        assert before.ended < after.began, (before, after)

"""`/readyz` says what is so, also while nobody sends: no room for readings, no room for images, InfluxDB gone."""

import base64
import resource
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests

from influxlite.testing import Database
from tests.chaos.proxy import Answer, Proxy, Request, Way
from tests.influx_servers import free_port
from tests.ingest.conftest import Ward, start_ward
from tests.ingest.test_durability import ADMIN, Server, reading, server

__all__ = ["server"]
GUARD_S = 120.0
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(100)).decode()


def reasons(url: str) -> list[str]:
    """Why it is not ready."""
    told = requests.get(f"{url}/readyz", timeout=30)
    return [] if told.status_code == 200 else told.json()["reasons"]


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + GUARD_S
    while not holds():
        assert time.monotonic() < deadline, f"it never came true that {what}"
        time.sleep(0.05)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux lets a test limit another process's files")
def test_a_full_disk_is_told_until_there_is_room(server: Server) -> None:
    """After a post that could not be kept nobody sends: it is not ready, and is again by itself once there is room."""
    server.start()
    assert server.process is not None
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    told = requests.post(f"{server.url}/v1/readings", json=reading(0, 1), headers=ADMIN, timeout=30)
    assert told.status_code == 503
    over = time.monotonic() + 4.0  # the server keeps house once a second, which must not look like room
    while time.monotonic() < over:
        assert any("the last commit failed" in reason for reason in reasons(server.url))
        time.sleep(0.1)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    eventually(lambda: not any("commit" in reason for reason in reasons(server.url)), "there is room")


def test_a_disk_that_does_not_answer_is_told(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a commit waits and waits nobody is told that readings can be kept; once it goes on, they can."""
    monkeypatch.setattr("ingest.service.STUCK_S", 0.5)
    told: list[int] = []
    posting = threading.Thread(target=lambda: told.append(ward.read(reading(0, 1)).status_code))

    def stuck() -> bool:
        return any("the disk has not answered" in reason for reason in reasons(ward.url))

    other = sqlite3.connect(ward.settings.database, isolation_level=None)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")  # a commit waits for this for some seconds
        posting.start()
        eventually(stuck, "it says so")
        assert told == []
        other.execute("ROLLBACK")
    posting.join()
    assert told == [201]
    eventually(lambda: not stuck(), "the disk answers")


def test_images_that_cannot_be_kept_are_told_until_they_can(ward: Ward) -> None:
    """A reading whose image finds no place is refused, and it is not ready until an image could be kept."""
    images = ward.settings.images
    images.rename(images.with_name("away"))
    images.write_bytes(b"not a folder")
    body = {"room": 1, "mrn": 7, "time": "2026-01-10T22:00:00Z", "spo2": 95.0, "flow_image": PIXEL}
    assert ward.read(body).status_code == 503
    assert ward.read({"room": 1, "mrn": 7, "time": "2026-01-10T22:01:00Z", "spo2": 95.0}).status_code == 201
    for _ in range(3):
        assert any("image" in reason for reason in reasons(ward.url))
        time.sleep(0.5)
    images.unlink()
    images.with_name("away").rename(images)
    eventually(lambda: not any("image" in reason for reason in reasons(ward.url)), "an image can be kept")
    assert not list(images.rglob("*.new"))
    assert ward.read(body).status_code == 201


def test_an_influxdb_that_goes_away_is_told_while_nobody_sends(tmp_path: Path, influxlite: Database) -> None:
    """Without a reading on its way InfluxDB is looked at now and then."""
    proxy = Proxy(free_port(), int(influxlite.url.rsplit(":", 1)[1]))
    proxy.start()
    settings = {"influx_url": f"http://127.0.0.1:{proxy.port}", "influx_org": influxlite.org}
    ward = start_ward(tmp_path / "data", **settings, influx_v2_token=influxlite.token)
    try:
        eventually(lambda: not reasons(ward.url), "it is ready")
        with proxy.refusing():
            eventually(lambda: any("no answer" in reason for reason in reasons(ward.url)), "it says so")
        eventually(lambda: not reasons(ward.url), "it is ready again")
    finally:
        ward.stop()
        proxy.stop()


class NoBucketsMade(Way):
    """InfluxDB shows its buckets and takes points, but cannot make a bucket now."""

    def bytes_for(self, request: Request, proxy: Proxy) -> bytes | None:
        """503, or InfluxDB's answer."""
        making = request.method == "POST" and request.target.startswith("/api/v2/buckets")
        return (Answer(503) if making else proxy.ask(request)).encoded()


def test_who_is_ready_has_made_the_buckets(tmp_path: Path, influxlite: Database) -> None:
    """The bucket of the pipeline's own state is there when a server first says that it is ready: dashboards ask it."""
    script = f'from(bucket: "{influxlite.bucket}-pipeline") |> range(start: -1h)'
    proxy = Proxy(free_port(), int(influxlite.url.rsplit(":", 1)[1]))
    proxy.start()
    settings = {"influx_url": f"http://127.0.0.1:{proxy.port}", "influx_org": influxlite.org}
    try:
        with proxy.taking(NoBucketsMade()):
            ward = start_ward(tmp_path / "data", **settings, influx_v2_token=influxlite.token, bucket=influxlite.bucket)
            told = ward.service.forwarder
            eventually(lambda: told.trouble is None, "readings can be sent")
            assert any("-pipeline is not there yet" in reason for reason in reasons(ward.url))
        eventually(lambda: not reasons(ward.url), "it is ready")
        answer = requests.post(
            f"{influxlite.url}/api/v2/query",
            params={"org": influxlite.org},
            headers={"Authorization": f"Token {influxlite.token}"},
            json={"query": script},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        ward.stop()
    finally:
        proxy.stop()

"""Each part of `bedside up` asks influxlite with a token of its own, which may what the part does and no more."""

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.bedside.running_up import Up

ADMIN = "an-admin-token-for-tests"


class Influxlite:
    """The API of a running influxlite, asked with any token."""

    def __init__(self, up: Up) -> None:
        self._url = f"http://127.0.0.1:{up.influx_port}"
        self._files = up.data / "secrets"
        (org,) = self.call("GET", "/api/v2/orgs").json()["orgs"]
        self.org_id: str = org["id"]

    def call(self, method: str, path: str, of: str | None = None, **more: Any) -> requests.Response:
        """One call with the admin's token, or with that of a part."""
        token = ADMIN if of is None else (self._files / f"{of}-token").read_text().strip()
        return requests.request(
            method, self._url + path, headers={"Authorization": f"Token {token}"}, timeout=60, **more
        )

    def readings(self) -> int:
        """How many readings there are."""
        stored = 'from(bucket: "telemetry") |> range(start: 0) |> filter(fn: (r) => r._field == "spo2")'
        flux = f"{stored} |> group() |> count()"
        told = self.call("POST", "/api/v2/query?org=ward", json={"query": flux}).text.splitlines()
        return int(told[1].rsplit(",", 1)[1]) if len(told) > 1 else 0

    def status(self, description: str, status: str) -> None:
        """Let the token of that description work or not."""
        held = self.call("GET", "/api/v2/authorizations").json()["authorizations"]
        (one,) = (one for one in held if one["description"] == description)
        path = f"/api/v2/authorizations/{one['id']}"
        assert self.call("PATCH", path, json={"status": status}).status_code == 200


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A running Bedside."""
    folder: Path = tmp_path_factory.mktemp("up") / "data"
    running = Up(folder, environment={"BEDSIDE_ADMIN_TOKEN": ADMIN}).start()
    yield running
    running.stop()


def test_the_parts_tokens_open_no_more_than_they_need(up: Up) -> None:
    """The writer's reads and writes buckets, the reader's reads them; neither sees or makes a token, task or user."""
    influx = Influxlite(up)
    write = {"params": {"org": "ward", "bucket": "telemetry", "precision": "ms"}, "data": b"m v=1 1"}
    asked = {"json": {"query": 'from(bucket: "telemetry") |> range(start: -1h)'}}
    permission = [{"action": "write", "resource": {"type": "buckets", "orgID": influx.org_id}}]
    token = {"json": {"orgID": influx.org_id, "permissions": permission}}
    task = {"json": {"orgID": influx.org_id, "flux": 'option task = {name: "t", every: 1h}\nbuckets()'}}
    for part, may_write in (("forwarder", True), ("analyst", False)):
        assert influx.call("POST", "/api/v2/write", part, **write).ok == may_write
        assert influx.call("POST", "/api/v2/query?org=ward", part, **asked).ok
        assert influx.call("GET", "/api/v2/authorizations", part).json()["authorizations"] == []
        for path, body in (("authorizations", token), ("tasks", task), ("orgs", {"json": {"name": "another"}})):
            assert influx.call("POST", f"/api/v2/{path}", part, **body).status_code in (401, 403), (part, path)


def test_the_forwarder_writes_with_its_own_token(up: Up) -> None:
    """Where the writer's token is switched off readings wait and `/readyz` says so; switched on again they arrive."""
    influx = Influxlite(up)
    url, headers = f"http://127.0.0.1:{up.port}", {"Authorization": f"Bearer {ADMIN}"}

    def send(minute: int) -> None:
        reading = {"room": 1, "mrn": 5001, "time": f"2026-01-10T22:{minute:02d}:00Z", "spo2": 95.5}
        assert requests.post(f"{url}/v1/readings", json=reading, headers=headers, timeout=60).status_code == 201

    def arrived(count: int) -> None:
        while influx.readings() < count:
            time.sleep(0.05)

    send(1)
    arrived(1)
    influx.status("writer, from the command line", "inactive")
    send(2)
    while requests.get(f"{url}/readyz", timeout=60).status_code != 503:
        time.sleep(0.05)
    assert influx.readings() == 1
    influx.status("writer, from the command line", "active")
    arrived(2)
    while requests.get(f"{url}/readyz", timeout=60).status_code != 200:
        time.sleep(0.05)

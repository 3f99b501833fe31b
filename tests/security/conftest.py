"""What the tests of the doors share: a whole Bedside with a simulated night, and callers with every kind of token."""

import itertools
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator import SimulateOptions, simulate
from tests.bedside.running_up import Up

ADMIN = "an-admin-token-that-is-marked-4f1c"
ROLES = ("monitor", "clinician", "analyst", "admin")
FIRST_MRN, FIRST_ROOM, ROOMS = 7_654_001, 301, 3
MARKED = {"mrn": "marked-mrn-90217", "name": "Xaveria Quillfeather"}
MARKUP = {"mrn": "marked-mrn-90218", "name": "<img src=x onerror=alert(1)>O'Zyx&\"--"}
_addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count(1))


@dataclass
class Doors:
    """A running Bedside behind a proxy, as it believes, so that each call may come from an address of its own."""

    up: Up
    tokens: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # every name that was told to it, by MRN

    @property
    def url(self) -> str:
        """Where the API and the page are."""
        return f"http://127.0.0.1:{self.up.port}"

    @property
    def influx_url(self) -> str:
        """Where influxlite is."""
        return f"http://127.0.0.1:{self.up.influx_port}"

    def call(self, method: str, url: str, token: str | None = None, **options: Any) -> requests.Response:
        """One request from an address that was never seen; `url` is a path of the API, or a whole address."""
        headers = {"X-Forwarded-For": next(_addresses), **options.pop("headers", {})}
        if token is not None:
            headers.setdefault("Authorization", f"Bearer {token}")
        whole = url if url.startswith("http") else self.url + url
        return requests.request(method, whole, headers=headers, timeout=60, allow_redirects=False, **options)

    def raw(self, sent: bytes, port: int | None = None) -> bytes:
        """Send these very bytes; everything that comes back until the server closes, or says nothing for a second.

        The first word of an answer may take longer: a busy machine is no refusal.
        """
        with socket.create_connection(("127.0.0.1", port or self.up.port), timeout=10.0) as connection:
            told = b""
            try:
                connection.sendall(sent)
                while part := connection.recv(65536):
                    told += part
                    connection.settimeout(1.0)
            except (TimeoutError, ConnectionError):
                pass
            return told


@pytest.fixture(scope="session")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """A Bedside whose secrets came by the environment and whose log tells of every request, with a night in it."""
    data: Path = tmp_path_factory.mktemp("doors") / "data"
    data.mkdir()
    data.chmod(0o755)  # made by hand, for others to look into
    told = {
        "BEDSIDE_ADMIN_TOKEN": ADMIN,
        "BEDSIDE_BEHIND_PROXY": "yes",
        "BEDSIDE_LOG_LEVEL": "debug",
        "BEDSIDE_PULSE_INTERVAL_S": "1",
    }
    running = Doors(Up(data, environment=told).start())
    try:
        running.tokens = {"admin": ADMIN, **_tokens(running)}
        _night(running)
        yield running
    finally:
        running.up.stop()


def _tokens(doors: Doors) -> dict[str, str]:
    """A good token for each role, one for a single room, and two that are good no more."""
    made: dict[str, str] = {}

    def make(name: str, **more: Any) -> dict[str, Any]:
        body = {"role": "clinician", "name": name, **more}
        answer = doors.call("POST", "/v1/tokens", ADMIN, json=body)
        assert answer.status_code == 201, answer.text
        made[name] = answer.json()["token"]
        return answer.json()

    for role in ROLES[:3]:
        make(role, role=role)
    make("limited", role="monitor", rooms=["301", "room-a"])
    soon = time.time() + 4  # it is to be made before, on a busy machine too
    make("expired", role="admin", expires_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(soon)))
    revoked = make("revoked", role="admin")["id"]
    assert doors.call("DELETE", f"/v1/tokens/{revoked}", ADMIN).status_code == 204
    while doors.call("GET", "/v1/rooms", made["expired"]).status_code == 200:
        time.sleep(0.05)
    return made


def _night(doors: Doors) -> None:
    """A simulated night with every fault that monitors have, and two patients whose names are marked."""
    report = simulate(
        SimulateOptions(
            url=doors.url,
            token=doors.tokens["monitor"],
            clinician_token=doors.tokens["clinician"],
            rooms=ROOMS,
            hours=3.0,
            faults=("lost", "late", "drift", "duplicates", "two-monitors"),
            first_room=FIRST_ROOM,
            first_mrn=FIRST_MRN,
            night_at_end=True,
        )
    )
    assert report.ok, report.lines()
    for number, patient in enumerate((MARKED, MARKUP)):
        reading = {"room": f"room-{'ab'[number]}", "spo2": 95.0, **patient}
        assert doors.call("POST", "/v1/readings", doors.tokens["monitor"], json=reading).status_code == 201
    for room in doors.call("GET", "/v1/rooms", ADMIN).json()["rooms"]:
        for stay in doors.call("GET", f"/v1/rooms/{room['room']}/stays", ADMIN).json()["stays"]:
            mrn = stay["mrn"]
            doors.names[mrn] = doors.call("GET", f"/v1/patients/{mrn}", ADMIN).json()["name"]
    assert len(doors.names) >= ROOMS + 2

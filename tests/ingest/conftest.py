"""A real ingest server on a free port of this machine, for tests that talk to it as monitors and clinicians do."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from ingest import IngestSettings, close_app, create_app

ADMIN = "the-admin-token-of-the-tests"
ROLES = ("monitor", "clinician", "analyst")


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the tests say what went wrong."""


@dataclass
class Ward:
    """One running server: its address, its app, and a token for each role."""

    url: str
    app: Flask
    settings: IngestSettings
    tokens: dict[str, str] = field(default_factory=dict)
    session: requests.Session = field(default_factory=requests.Session)
    stop: Callable[[], None] = lambda: None

    def call(
        self, method: str, path: str, body: Any = None, role: str | None = "monitor", **more: Any
    ) -> requests.Response:
        """Send a request as that role (None: without a token); a body that is no bytes or text is sent as JSON."""
        headers = dict(more.pop("headers", {}))
        if role is not None:
            headers.setdefault("Authorization", f"Bearer {self.tokens[role]}")
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            if not isinstance(body, bytes | str):
                body = json.dumps(body)
            if isinstance(body, str):
                body = body.encode()
        return self.session.request(method, self.url + path, data=body, headers=headers, timeout=60, **more)

    def read(self, body: Any, **more: Any) -> requests.Response:
        """Post readings."""
        return self.call("POST", "/v1/readings", body, **more)

    def get(self, path: str, role: str = "clinician") -> Any:
        """The JSON of a call that must succeed."""
        answer = self.call("GET", path, role=role)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def service(self) -> Any:
        """The parts behind the app."""
        return self.app.extensions["bedside"]

    def lines(self) -> list[str]:
        """What waits for InfluxDB, in order: lines, and deletions as JSON."""
        with self.service.readers.connect() as connection:
            rows = connection.exec_driver_sql("SELECT body FROM outbox ORDER BY seq").all()
        return [line for (body,) in rows for line in body.split("\n")]


def start_ward(data: Path, **settings: Any) -> Ward:
    """A server on that folder. Without other settings its InfluxDB does not exist."""
    chosen: dict[str, Any] = {
        "data": data,
        "admin_token": ADMIN,
        "influx_url": "http://127.0.0.1:9",
        "log_level": "error",
    }
    configured = IngestSettings(**{**chosen, "influx_v2_token": "none", **settings})
    app = create_app(configured)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    ward = Ward(f"http://127.0.0.1:{server.server_port}", app, configured, {"admin": ADMIN})
    for role in ROLES:
        made = ward.call("POST", "/v1/tokens", {"role": role, "name": f"test-{role}"}, role="admin")
        if made.status_code == 201:
            ward.tokens[role] = made.json()["token"]

    def stop() -> None:
        ward.stop = lambda: None
        ward.session.close()
        server.shutdown()
        server.server_close()
        close_app(app)
        thread.join()

    ward.stop = stop
    return ward


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A server of the test's own."""
    running = start_ward(tmp_path / "data")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def shared_ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A server that the tests of a module share; each uses rooms of its own."""
    running = start_ward(tmp_path_factory.mktemp("ward") / "data")
    yield running
    running.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Ward]]:
    """Start servers with settings of one's own; all are stopped at the end."""
    running: list[Ward] = []

    def begin(**settings: Any) -> Ward:
        running.append(start_ward(settings.pop("data", tmp_path / "data"), **settings))
        return running[-1]

    yield begin
    for ward in running:
        ward.stop()

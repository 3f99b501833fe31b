"""The forwarder against an InfluxDB that misbehaves over a socket: everything arrives, in order, or is quarantined."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

Answer = tuple[int, dict[str, str], dict[str, Any]]


class Influx:
    """An InfluxDB's write, delete and bucket calls; `misbehave` gets each write first and may answer it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.writes: list[list[str]] = []
        self.deletes: list[dict[str, str]] = []
        self.buckets: list[dict[str, Any]] = []
        self.may_create = True
        self.misbehave: Callable[[list[str]], Answer | None] = lambda _lines: None
        influx = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Say nothing."""

            def do_GET(self) -> None:
                if urlsplit(self.path).path == "/api/v2/orgs":
                    self.say(200, {}, {"orgs": [{"id": "1", "name": "ward"}]})
                else:
                    self.say(200, {}, {"buckets": influx.buckets})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if "-pipeline" in self.path or b"-pipeline" in body:  # the bucket for the pipeline's own state
                    self.say(404, {}, {"message": "this server holds readings alone"})
                else:
                    self.say(*influx.take(urlsplit(self.path).path, body))

            def say(self, status: int, headers: dict[str, str], document: dict[str, Any]) -> None:
                content = b"" if status == 204 else json.dumps(document).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, path: str, body: bytes) -> Answer:
        """One POST."""
        if path == "/api/v2/buckets":
            if not self.may_create:
                return 403, {}, {"code": "forbidden", "message": "no"}
            self.buckets.append({**json.loads(body), "id": "1", "retentionRules": []})
            return 201, {}, self.buckets[-1]
        if path == "/api/v2/delete":
            self.deletes.append(json.loads(body))
            self.lines.append("delete")
            return 204, {}, {}
        if not body:  # whether the token may write at all
            return 204, {}, {}
        lines = body.decode().split("\n")
        refused = self.misbehave(lines)
        if refused is not None:
            return refused
        self.writes.append(lines)
        self.lines.extend(lines)
        return 204, {}, {}


@pytest.fixture
def influx() -> Iterator[Influx]:
    """An InfluxDB without buckets."""
    made = Influx()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def ward(start: Callable[..., Any], influx: Influx) -> Any:
    """A server that forwards there."""
    return start(influx_url=influx.url, forward_interval_s=0.01)


def readings(count: int, room: int = 1) -> list[dict[str, Any]]:
    """Readings of one patient, a second apart."""
    return [
        {"room": room, "mrn": 5000 + room, "time": f"2026-01-10T22:{n // 60:02d}:{n % 60:02d}Z", "spo2": 95}
        for n in range(count)
    ]


def until(condition: Callable[[], Any]) -> None:
    """Wait until it is so; two minutes are the patience of the suite, not a limit of the server."""
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "it did not become so"
        time.sleep(0.01)


def cpap(influx: Influx) -> list[str]:
    """The readings that arrived, in order."""
    return [line for line in influx.lines if line.startswith("cpap")]


def test_the_bucket_is_made_and_everything_arrives_in_order(ward: Any, influx: Influx) -> None:
    """A missing bucket is created; then readings and stays arrive in order, and the outbox is empty."""
    assert ward.read(readings(100)).json()["accepted"] == 100
    until(lambda: len(influx.lines) == 101)
    assert influx.buckets[0]["name"] == "telemetry"
    assert influx.lines[0] == 'stay,mrn=5001,room=1 event="admitted" 1768082400000'
    assert influx.lines[1:] == [f"cpap,mrn=5001,room=1 spo2=95.0 {1768082400000 + n * 1000}" for n in range(100)]
    until(lambda: not ward.lines())
    assert ward.get("/readyz") == {"status": "ready"}
    assert "bedside_outbox_lines 0.0" in ward.call("GET", "/metrics").text


def test_a_corrected_boundary_deletes_the_old_point_first(ward: Any, influx: Influx) -> None:
    """Correcting an admission sends the deletion of the old point, before the new point."""
    ward.call("POST", "/v1/rooms/1/admit", {"mrn": 7, "time": "2026-01-10T10:00:00.001Z"}, role="clinician")
    ward.call("POST", "/v1/rooms/1/admit", {"mrn": 7, "time": "2026-01-10T09:00:00Z"}, role="clinician")
    until(lambda: len(influx.lines) == 3)
    assert influx.lines[1] == "delete"
    assert influx.lines[2] == 'stay,mrn=7,room=1 event="admitted" 1768035600000'
    assert influx.deletes == [
        {
            "start": "2026-01-10T10:00:00.001Z",
            "stop": "2026-01-10T10:00:00.001999999Z",
            "predicate": '_measurement="stay" AND room="1" AND mrn="7"',
        }
    ]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_it_waits_and_tries_again(ward: Any, influx: Influx, status: int) -> None:
    """429 and 5xx lose nothing: readiness says why, and when InfluxDB is well again everything arrives."""
    influx.misbehave = lambda _lines: (status, {}, {"code": "x", "message": "later"})
    assert ward.read(readings(10)).status_code == 200
    until(lambda: f"answers {status}" in ward.call("GET", "/readyz").text)
    influx.misbehave = lambda _lines: None
    until(lambda: len(cpap(influx)) == 10)
    assert ward.call("GET", "/v1/quarantine", role="admin").json() == {"quarantine": []}


def test_retry_after_is_honoured(ward: Any, influx: Influx) -> None:
    """After a 503 with Retry-After there is no write before that time."""
    asked: list[float] = []

    def once(_lines: list[str]) -> Answer | None:
        asked.append(time.monotonic())
        return (503, {"Retry-After": "1"}, {"message": "busy"}) if len(asked) == 1 else None

    influx.misbehave = once
    ward.read(readings(1))
    until(lambda: len(cpap(influx)) == 1)
    assert asked[1] - asked[0] >= 1


def test_no_answer_is_waited_out(start: Callable[..., Any], influx: Influx) -> None:
    """A write that gets no answer in time is sent again; a point that arrives twice is one point."""
    ward = start(influx_url=influx.url, forward_interval_s=0.01, influx_timeout_s=0.5)
    slow = threading.Event()

    def hang(_lines: list[str]) -> Answer | None:
        if not slow.is_set():
            slow.set()
            time.sleep(1)
        return None

    influx.misbehave = hang
    ward.read(readings(5))
    until(lambda: not ward.lines())
    assert set(cpap(influx)) == {f"cpap,mrn=5001,room=1 spo2=95.0 {1768082400000 + n * 1000}" for n in range(5)}


@pytest.mark.parametrize(("status", "said"), [(401, "INFLUXDB_V2_TOKEN"), (403, "permission"), (404, "organization")])
def test_it_holds_everything_and_says_so(ward: Any, influx: Influx, status: int, said: str) -> None:
    """401, 403 and 404 are about the target: nothing is quarantined, and readiness says what is missing."""
    influx.misbehave = lambda _lines: (status, {}, {"code": "x", "message": "no"})
    ward.read(readings(10))
    until(lambda: f"answers {status}" in ward.call("GET", "/readyz").text)
    assert said in ward.call("GET", "/readyz").text
    assert len(ward.lines()) == 11
    assert ward.call("GET", "/v1/quarantine", role="admin").json() == {"quarantine": []}


def test_missing_permission_to_create_the_bucket_is_said(start: Callable[..., Any], influx: Influx) -> None:
    """Where the bucket is missing and may not be made, readiness names the bucket and the permission."""
    influx.may_create = False
    ward = start(influx_url=influx.url)
    until(lambda: "create the bucket telemetry" in ward.call("GET", "/readyz").text)
    assert "write permission for buckets" in ward.call("GET", "/readyz").text


@pytest.mark.parametrize("status", [400, 413, 422])
def test_one_refused_line_is_found_by_halving(ward: Any, influx: Influx, status: int) -> None:
    """Of 100 readings the two that InfluxDB refuses are quarantined with its reason; all others arrive."""
    bad = {f"cpap,mrn=5001,room=1 spo2=95.0 {1768082400000 + n * 1000}" for n in (17, 60)}
    influx.misbehave = lambda lines: (
        (status, {}, {"code": "invalid", "message": "field type conflict"}) if bad & set(lines) else None
    )
    ward.read(readings(100))
    until(lambda: len(ward.call("GET", "/v1/quarantine", role="admin").json()["quarantine"]) == 2)
    until(lambda: not ward.lines())
    held = ward.call("GET", "/v1/quarantine", role="admin").json()["quarantine"]
    assert {row["line"] for row in held} == bad
    assert {(row["status"], row["reason"]) for row in held} == {(status, "field type conflict")}
    assert len(set(cpap(influx))) == 98

    influx.misbehave = lambda _lines: None
    for row in held:
        assert ward.call("POST", f"/v1/quarantine/{row['id']}/retry", role="admin").json()["status"] == "queued"
    until(lambda: len(set(cpap(influx))) == 100)
    assert ward.call("GET", "/v1/quarantine", role="admin").json() == {"quarantine": []}


def test_too_old_follows_the_buckets_retention(start: Callable[..., Any], influx: Influx) -> None:
    """A reading from before the bucket's retention is 422 too-old."""
    influx.buckets.append(
        {"name": "telemetry", "id": "1", "retentionRules": [{"type": "expire", "everySeconds": 86400}]}
    )
    ward = start(influx_url=influx.url)
    until(lambda: ward.call("GET", "/readyz").status_code == 200)
    answer = ward.read(readings(1)[0])
    assert (answer.status_code, answer.json()["type"]) == (422, "too-old")


def test_what_was_not_settled_is_sent_by_the_next_server(start: Callable[..., Any], influx: Influx) -> None:
    """Readings accepted while InfluxDB is away arrive after a restart."""
    first = start(influx_url="http://127.0.0.1:9")
    assert first.read(readings(20)).json()["accepted"] == 20
    first.stop()
    start(influx_url=influx.url)
    until(lambda: len(cpap(influx)) == 20)

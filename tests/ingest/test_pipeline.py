"""A reading's whole way into an InfluxDB: influxlite always, and a real one where one is given."""

import contextlib
import csv
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Row = tuple[str, str, str, str, str]


@pytest.fixture
def target(influx: Any) -> Iterator[Any]:
    """An InfluxDB, and the name of a bucket that it does not have yet."""
    name = influx.make_bucket()
    influx.drop_bucket(name)
    yield influx, name
    influx.drop_bucket(name)


def stored(influx: Any, bucket: str) -> set[Row]:
    """Every value that the bucket holds: field, MRN, room, time and value."""
    found: set[Row] = set()
    for kind in ("cpap_pressure", "breath_rate", "apnea_count", "leak_rate", "spo2", "mask_on", "event"):
        script = f'from(bucket: "{bucket}") |> range(start: 0) |> filter(fn: (r) => r._field == "{kind}") |> group()'
        answer = influx.query(script)
        assert answer.status_code == 200, answer.text
        lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
        for row in csv.DictReader(lines):
            found.add((kind, row["mrn"], row["room"], row["_time"], row["_value"]))
    return found


def until_settled(ward: Any) -> None:
    """Wait until nothing is left to forward."""
    end = time.monotonic() + 60
    while ward.lines():
        assert time.monotonic() < end, ward.call("GET", "/readyz").text
        time.sleep(0.02)


def test_readings_and_stays_arrive_as_points(start: Callable[..., Any], target: Any) -> None:
    """The bucket is made; readings, a turnover and a corrected admission are in InfluxDB exactly, each once."""
    influx, bucket = target
    ward = start(influx_url=influx.url, influx_org=influx.org, influx_v2_token=influx.token, bucket=bucket)
    day = "2026-01-10T"
    admitted = {"mrn": 7, "name": "Ada Park", "time": day + "10:00:00Z"}
    assert ward.call("POST", "/v1/rooms/1/admit", admitted, role="clinician").status_code == 201
    corrected = {"mrn": 7, "time": day + "09:30:00.5Z"}
    assert ward.call("POST", "/v1/rooms/1/admit", corrected, role="clinician").status_code == 200
    full = {
        "cpap_pressure": 9.5,
        "breath_rate": 14.2,
        "apnea_count": 1,
        "leak_rate": 12,
        "spo2": 95.25,
        "mask_on": True,
    }
    for _ in range(2):
        assert ward.read({"room": 1, "mrn": 7, "time": day + "11:00:00.123Z", **full}).status_code == 201
    assert ward.read({"room": 1, "mrn": 8, "time": day + "12:00:00Z", "spo2": 96}).status_code == 201
    assert ward.read({"room": 1, "mrn": 7, "time": day + "11:30:00Z", "spo2": 97}).json()["flags"] == ["late"]
    until_settled(ward)
    assert stored(influx, bucket) == {
        ("event", "7", "1", day + "09:30:00.5Z", "admitted"),
        ("event", "7", "1", day + "12:00:00Z", "left"),
        ("event", "8", "1", day + "12:00:00Z", "admitted"),
        ("cpap_pressure", "7", "1", day + "11:00:00.123Z", "9.5"),
        ("breath_rate", "7", "1", day + "11:00:00.123Z", "14.2"),
        ("apnea_count", "7", "1", day + "11:00:00.123Z", "1"),
        ("leak_rate", "7", "1", day + "11:00:00.123Z", "12"),
        ("spo2", "7", "1", day + "11:00:00.123Z", "95.25"),
        ("mask_on", "7", "1", day + "11:00:00.123Z", "true"),
        ("spo2", "8", "1", day + "12:00:00Z", "96"),
        ("spo2", "7", "1", day + "11:30:00Z", "97"),
    }
    assert ward.call("GET", "/readyz").json() == {"status": "ready"}


def test_a_type_conflict_is_quarantined_and_the_rest_arrives(start: Callable[..., Any], target: Any) -> None:
    """Where the bucket holds a field as another type, InfluxDB refuses those lines alone; they wait in quarantine."""
    influx, bucket = target
    ward = start(influx_url=influx.url, influx_org=influx.org, influx_v2_token=influx.token, bucket=bucket)
    ward.read({"room": 2, "mrn": 9, "time": "2026-01-10T10:00:00Z", "leak_rate": 1})
    until_settled(ward)
    written = influx.write(bucket, 'cpap,mrn=9,room=2 spo2="text" 1768042800000', precision="ms")
    assert written.status_code == 204
    items = [
        {"room": 2, "mrn": 9, "time": f"2026-01-10T11:00:0{n}Z", **({"spo2": 95} if n == 4 else {"leak_rate": n})}
        for n in range(9)
    ]
    assert ward.read(items).json()["accepted"] == 9
    until_settled(ward)
    held = ward.call("GET", "/v1/quarantine", role="admin").json()["quarantine"]
    assert [row["line"] for row in held] == ["cpap,mrn=9,room=2 spo2=95.0 1768042804000"]
    assert "spo2" in held[0]["reason"]
    arrived = {row[3] for row in stored(influx, bucket) if row[0] == "leak_rate"}
    assert len(arrived) == 9


def test_a_token_without_permission_is_said(start: Callable[..., Any], target: Any) -> None:
    """With a token that InfluxDB does not know, nothing is lost and readiness names the setting to change."""
    influx, bucket = target
    ward = start(influx_url=influx.url, influx_org=influx.org, influx_v2_token="not-a-token", bucket=bucket)
    ward.read({"room": 3, "mrn": 9, "time": "2026-01-10T10:00:00Z", "spo2": 95})
    end = time.monotonic() + 60
    while "INFLUXDB_V2_TOKEN" not in ward.call("GET", "/readyz").text:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert len(ward.lines()) == 2


@contextlib.contextmanager
def limited(influx: Any, *permissions: dict[str, Any]) -> Iterator[str]:
    """A token with these permissions, for a while."""
    body = {"orgID": influx.org_id(), "description": "bedside-test", "permissions": list(permissions)}
    made = influx.request("POST", "/api/v2/authorizations", json=body).json()
    yield made["token"]
    influx.request("DELETE", f"/api/v2/authorizations/{made['id']}")


@pytest.mark.parametrize(
    ("has", "may", "lacks"),
    [
        (True, ["read"], "write permission for"),
        (True, ["write"], "read permission for the bucket"),
        (False, [], "to make it the token needs read permission for orgs and write permission for buckets"),
    ],
)
def test_it_says_which_permission_the_token_lacks(
    start: Callable[..., Any], influx: Any, has: bool, may: list[str], lacks: str
) -> None:
    """From the start on, before any reading waits: which bucket, and which permission for it or for making it."""
    name, other = influx.make_bucket(), influx.make_bucket()
    kept = influx.request("GET", "/api/v2/buckets", params={"name": name if has else other}).json()["buckets"][0]
    if not has:
        influx.drop_bucket(name)
    resource = {"type": "buckets", "id": kept["id"], "orgID": influx.org_id()}
    with limited(influx, *({"action": action, "resource": resource} for action in may or ["read"])) as token:
        ward = start(influx_url=influx.url, influx_org=influx.org, influx_v2_token=token, bucket=name)
        end = time.monotonic() + 60
        while "permission" not in (reasons := str(ward.call("GET", "/readyz", role=None).json())):
            assert time.monotonic() < end, reasons
            time.sleep(0.02)
        assert f"bucket {name}" in reasons
        assert lacks in reasons
    influx.drop_bucket(name)
    influx.drop_bucket(other)

"""The writes and calls of `http.json`, recorded from InfluxDB 2.7.12, are answered the same, and store the same."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.influx_servers import Influx
from tests.influxlite.conformance.annotated_csv import difference

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "http.json").read_text())
WRITES, CALLS = RECORDED["writes"], RECORDED["calls"]
SPAN = "range(start: 1960-01-01T00:00:00Z, stop: 2027-01-01T00:00:00Z)"
DELETION = {"start": "1970-01-01T00:00:00Z", "stop": "2030-01-01T00:00:00Z"}
BODIES = {
    "write_without_token": b"x v=1",
    "write_wrong_token": b"x v=1",
    "write_bearer_token": b"x v=1",
    "write_unknown_bucket": b"x v=1",
    "write_unknown_org": b"x v=1",
    "write_gzip": gzip.compress(b"x v=1"),
    "write_broken_gzip": b"this is not gzip",
    "query_without_token": json.dumps({"query": "buckets()"}).encode(),
    "query_flux_body": b"",
    "query_no_body": b"{}",
    "delete": json.dumps(DELETION | {"predicate": '_measurement="x"'}).encode(),
    "query_after_delete": b"",
    "delete_bad_predicate": json.dumps(DELETION | {"predicate": "room = 1 ~ 2".replace("= 1 ", "")}).encode(),
}


@pytest.fixture(scope="module")
def written(influx: Influx) -> Iterator[dict[str, tuple[requests.Response, requests.Response]]]:
    """All writes in their order, each with what the measurement holds after it."""
    found = {}
    with influx.bucket() as bucket:
        for write in WRITES:
            answer = influx.write(bucket, write["body"], write["params"].get("precision", ""))
            script = (
                f'from(bucket: "{bucket}") |> {SPAN} |> filter(fn: (r) => r._measurement == "{write["measurement"]}")'
            )
            if write["name"] == "no_timestamp":
                script += ' |> drop(columns: ["_time"])'  # the server's clock: the recording has no such column
            found[write["name"]] = answer, influx.query(script)
        yield found


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write["name"])
def test_write_is_answered(written: dict, write: dict) -> None:
    """Status, code and message of a write are InfluxDB's."""
    answer = written[write["name"]][0]
    assert answer.status_code == write["status"], answer.text
    assert (answer.json() if answer.text else None) == write["error"]


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write["name"])
def test_write_is_stored(written: dict, write: dict) -> None:
    """After a write the measurement holds what it holds in InfluxDB."""
    stored = written[write["name"]][1]
    assert stored.status_code == 200, stored.text
    assert difference(write["stored"], stored.text) is None


@pytest.fixture(scope="module")
def called(influx: Influx) -> Iterator[dict[str, requests.Response]]:
    """All calls in their order."""
    with influx.bucket() as bucket:
        yield {call["name"]: _call(influx, bucket, call) for call in CALLS}


def _call(influx: Influx, bucket: str, call: dict) -> requests.Response:
    """Make one recorded call in a bucket of the test's own."""
    name = call["name"]
    path = call["path"].replace("name=telemetry", f"name={bucket}").replace("org=ward", f"org={influx.org}")
    parameters = {}
    if path.startswith(("/api/v2/write", "/api/v2/query", "/api/v2/delete")):
        parameters = {"org": influx.org, "bucket": bucket}
    if name.startswith("write_unknown_"):
        parameters[name.rpartition("_")[2]] = "nope"
    headers = {"Content-Encoding": "gzip"} if name in ("write_gzip", "write_broken_gzip") else {}
    body = BODIES.get(name)
    if name in ("query_flux_body", "query_after_delete"):
        headers["Content-Type"] = "application/vnd.flux"
        body = f'from(bucket: "{bucket}") |> range(start: 0) |> drop(columns: ["_time"]) |> limit(n: 1)'.encode()
    token: str | None = ""
    if name.endswith("_without_token"):
        token = None
    elif name == "write_wrong_token":
        token = "wrong"
    elif name == "write_bearer_token":
        headers["Authorization"] = f"Bearer {influx.token}"
    return influx.request(call["method"], path, token=token, params=parameters, data=body, headers=headers)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call["name"])
def test_call(influx: Influx, called: dict, call: dict) -> None:
    """Status, headers and body of a call are InfluxDB's, apart from ids, times and versions."""
    answer = called[call["name"]]
    assert answer.status_code == call["status"], answer.text
    for header, value in call["headers"].items():
        if header == "X-Influxdb-Version":
            assert answer.headers[header].startswith("v2.")
        else:
            assert answer.headers.get(header) == value
    assert _plain(answer.text, influx) == _plain(call["body"], influx)


def _plain(text: str, influx: Influx) -> str:
    """A body without what differs from run to run."""
    for pattern, word in (
        (r"\b[0-9a-f]{16}\b", "ID"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
        (r'"v2\.[^"]*"', '"VERSION"'),
        (r'"up": "[^"]*"', '"up"'),
        (rf"\b(ward|{re.escape(influx.org)})\b", "ORG"),
        (r"\b(telemetry|bedside-test-[0-9a-f]{12})\b", "BUCKET"),
        (r'operator \\"[^"]*\\" at position: \d+', "operator"),
    ):
        text = re.sub(pattern, word, text)
    return text

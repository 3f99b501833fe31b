"""The HTTP API beyond what was recorded: permissions, limits, deletes, resources; on influxlite and a real InfluxDB."""

import contextlib
import gzip
import json
from collections.abc import Iterator

import pytest

from tests.influx_servers import Influx
from tests.influxlite.conformance.annotated_csv import tables

SPAN = {"start": "1970-01-01T00:00:00Z", "stop": "2262-04-11T00:00:00Z"}
PREDICATES = {
    'room="1"': {"x"},
    'room!="1"': {"y"},
    'room="1" AND mrn="7"': set(),
    '_measurement="a"': {"x", "y"},
    '_measurement=a and (room="2")': {"y"},
    'nothing=""': set(),
    "room=1": {"x"},
    "": {"x", "y", "z"},
}
REFUSED = {
    'room="1" OR room="2"': (
        400,
        "error decoding json body: the logical operator OR is not supported yet at position 9",
    ),
    "room=~/x/": (400, 'error decoding json body: operator: "=~" at position: 4 is not supported yet'),
    '(room="1"': (400, "error decoding json body: extra ( seen"),
    'room="1")': (400, "error decoding json body: extra ) seen"),
    "room": (400, 'error decoding json body: invalid operator "EOF" at position: 5'),
    "room>1": (400, 'error decoding json body: invalid operator ">" at position: 4'),
    "room='1'": (400, 'error decoding json body: bad tag value: "1", at position 4'),
    "12=3": (400, "error decoding json body: bad tag key, at position 0"),
    '_field="v"': (501, "delete by field is not supported"),
}


@pytest.fixture
def bucket(influx: Influx) -> Iterator[str]:
    """A fresh bucket."""
    with influx.bucket() as name:
        yield name


def stored(influx: Influx, bucket: str) -> list[str]:
    """The values of field v in a bucket, sorted."""
    script = f'from(bucket: "{bucket}") |> range(start: 0) |> filter(fn: (r) => r._field == "v") |> group()'
    return sorted(row["_value"] for table in tables(influx.query(script).text).values() for row in table.rows)


def delete(influx: Influx, bucket: str, **body: str):
    """Post a delete."""
    parameters = {"org": influx.org, "bucket": bucket}
    return influx.request("POST", "/api/v2/delete", params=parameters, json={**SPAN, **body})


@contextlib.contextmanager
def limited(influx: Influx, *permissions: dict) -> Iterator[str]:
    """A token with these permissions, for a while."""
    body = {"orgID": influx.org_id(), "description": "bedside-test", "permissions": list(permissions)}
    made = influx.request("POST", "/api/v2/authorizations", json=body).json()
    try:
        yield made["token"]
    finally:
        influx.request("DELETE", f"/api/v2/authorizations/{made['id']}")


def bucket_id(influx: Influx, name: str) -> str:
    """The id of a bucket."""
    return influx.request("GET", "/api/v2/buckets", params={"name": name}).json()["buckets"][0]["id"]


@pytest.mark.parametrize("predicate", PREDICATES)
def test_a_delete_takes_what_its_predicate_says(influx: Influx, bucket: str, predicate: str) -> None:
    """Series that match lose their points, others keep theirs."""
    influx.write(bucket, 'a,room=1,mrn=5 v="x" 1\na,room=2,mrn=6 v="y" 2\nb v="z" 3')
    assert delete(influx, bucket, predicate=predicate).status_code == 204
    assert set(stored(influx, bucket)) == {"x", "y", "z"} - PREDICATES[predicate]


@pytest.mark.parametrize("predicate", REFUSED)
def test_a_delete_is_refused_in_the_same_words(influx: Influx, bucket: str, predicate: str) -> None:
    """Status and message of a predicate that cannot be."""
    answer = delete(influx, bucket, predicate=predicate)
    assert (answer.status_code, answer.json()["message"]) == REFUSED[predicate]


def test_both_ends_of_a_delete_are_in_it(influx: Influx, bucket: str) -> None:
    """Points at start and at stop go, those just outside stay."""
    influx.write(bucket, "\n".join(f'a v="{t}" {t}' for t in range(1, 6)))
    answer = delete(influx, bucket, start="1970-01-01T00:00:00.000000002Z", stop="1970-01-01T00:00:00.000000004Z")
    assert answer.status_code == 204
    assert stored(influx, bucket) == ["1", "5"]


def test_a_read_token_reads_its_bucket_alone(influx: Influx, bucket: str) -> None:
    """It sees no other bucket, and neither writes nor deletes nor makes anything."""
    own = bucket_id(influx, bucket)
    org_id = influx.org_id()
    influx.write(bucket, 'a v="x" 1')
    permission = {"action": "read", "resource": {"type": "buckets", "id": own, "orgID": org_id}}
    with limited(influx, permission) as token, influx.bucket() as other:
        ask = 'from(bucket: "{}") |> range(start: 0)'
        where = {"org": influx.org}
        assert influx.request("POST", "/api/v2/query", token=token, params=where, json={"query": ask.format(bucket)}).ok
        foreign = influx.request("POST", "/api/v2/query", token=token, params=where, json={"query": ask.format(other)})
        assert foreign.status_code == 404
        listed = influx.request("GET", "/api/v2/buckets", token=token).json()["buckets"]
        assert [b["name"] for b in listed] == [bucket]
        assert influx.write(bucket, "a v=1", token=token).status_code == 403
        assert influx.write(other, "a v=1", token=token).status_code == 403
        gone = influx.request("POST", "/api/v2/delete", token=token, params={**where, "bucket": bucket}, json=SPAN)
        assert gone.status_code == 403
        body = {"name": "bedside-test-no", "orgID": org_id}
        made = influx.request("POST", "/api/v2/buckets", token=token, json=body)
        assert (made.status_code, made.json()["message"]) == (401, f"write:orgs/{org_id}/buckets is unauthorized")
        assert influx.request("DELETE", f"/api/v2/buckets/{own}", token=token).status_code == 401
        assert influx.request("GET", "/api/v2/orgs", token=token).json()["orgs"] == []
    assert influx.request("GET", "/api/v2/buckets", token=token).status_code == 401, "a deleted token still works"


def test_a_write_token_writes_its_bucket_alone(influx: Influx, bucket: str) -> None:
    """It does not read, and writes nowhere else."""
    permission = {"action": "write", "resource": {"type": "buckets", "id": bucket_id(influx, bucket)}}
    with limited(influx, permission) as token, influx.bucket() as other:
        assert influx.write(bucket, 'a v="x" 1', token=token).status_code == 204
        assert influx.write(other, 'a v="x" 1', token=token).status_code == 403
        assert influx.request("GET", "/api/v2/buckets", token=token).json()["buckets"] == []
    assert stored(influx, bucket) == ["x"]


def test_a_bucket_lives(influx: Influx) -> None:
    """Made, found by name and id, changed, deleted; then it is gone with its points."""
    name = influx.make_bucket(retention_s=86_400)
    try:
        made = influx.request("GET", "/api/v2/buckets", params={"name": name}).json()["buckets"][0]
        assert made["retentionRules"] == [{"type": "expire", "everySeconds": 86400, "shardGroupDurationSeconds": 3600}]
        link = f"/api/v2/buckets/{made['id']}"
        body = {"description": "d", "retentionRules": [{"type": "expire", "everySeconds": 0}]}
        changed = influx.request("PATCH", link, json=body).json()
        assert (changed["description"], changed["retentionRules"][0]["everySeconds"]) == ("d", 0)
        again = influx.request("POST", "/api/v2/buckets", json={"name": name, "orgID": made["orgID"]})
        assert (again.status_code, again.json()["code"]) == (422, "conflict")
        assert influx.request("DELETE", link).status_code == 204
        assert influx.request("GET", link).status_code == 404
        assert influx.write(name, "a v=1").status_code == 404
    finally:
        influx.drop_bucket(name)


def test_points_before_the_retention_are_refused(influx: Influx) -> None:
    """The rest of the batch is stored; the answer says how many and which."""
    with influx.bucket(retention_s=3_600) as bucket:
        answer = influx.write(bucket, 'a,room=1 v="x" 1000000000\na v="y"')
        assert answer.status_code == 422
        told = answer.json()["message"]
        assert "dropped 1 points outside retention policy of duration 1h0m0s - oldest point a,room=1 at 1970-" in told
        assert stored(influx, bucket) == ["y"]


def test_gzip_is_checked(influx: Influx, bucket: str) -> None:
    """A broken checksum and a cut stream store nothing."""
    whole = gzip.compress(b'a v="x" 1')
    headers = {"Content-Encoding": "gzip"}
    assert influx.write(bucket, whole[:-8] + bytes(4) + whole[-4:], headers=headers).status_code == 400
    assert influx.write(bucket, whole[:-6], headers=headers).status_code == 500
    assert stored(influx, bucket) == []
    assert influx.write(bucket, whole, headers=headers).status_code == 204
    assert stored(influx, bucket) == ["x"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"query": "1", "type": "influxql"}, "unknown query type: influxql"),
        ({"query": "1", "dialect": {"annotations": ["x"]}}, "unknown dialect annotation type: x"),
        ({"query": "1", "dialect": {"delimiter": ";;"}}, "invalid dialect delimeter: must be length 1"),
        ({"query": "1", "dialect": {"dateTimeFormat": "x"}}, "unknown dialect date time format: x"),
        ({}, "request body requires either query or AST"),
    ],
)
def test_a_query_request_is_checked(influx: Influx, body: dict, message: str) -> None:
    """What cannot be asked for is named."""
    answer = influx.request("POST", "/api/v2/query", params={"org": influx.org}, json=body)
    assert (answer.status_code, answer.json()["message"]) == (400, f"failed to decode request body: {message}")


def test_a_query_that_is_not_json_says_how_to_send_flux(influx: Influx) -> None:
    """The message names the media type."""
    answer = influx.request("POST", "/api/v2/query", params={"org": influx.org}, data=b"buckets()")
    assert answer.status_code == 400
    assert "set 'Content-Type: application/vnd.flux' in your request headers: invalid character 'b'" in answer.text


def test_a_large_answer_is_compressed_where_asked(influx: Influx, bucket: str) -> None:
    """gzip with Accept-Encoding, the same rows without it."""
    influx.write(bucket, "\n".join(f'a v="{i}" {i}' for i in range(500)))
    ask = {"query": f'from(bucket: "{bucket}") |> range(start: 0)'}
    where = {"org": influx.org}
    packed = influx.request("POST", "/api/v2/query", params=where, json=ask, headers={"Accept-Encoding": "gzip"})
    plain = influx.request("POST", "/api/v2/query", params=where, json=ask, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert len(packed.text.splitlines()) == len(plain.text.splitlines()) >= 501


def test_a_method_that_is_not_there_is_named(influx: Influx, bucket: str) -> None:
    """405 with the methods that are."""
    answer = influx.request("PUT", f"/api/v2/write?org={influx.org}&bucket={bucket}", data=b"x")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "OPTIONS, POST"
    assert answer.json() == {"code": "method not allowed", "message": "allow: OPTIONS, POST"}


def test_flux_is_looked_at_without_running(influx: Influx) -> None:
    """The tree of a script, and its faults."""
    tree = influx.request("POST", "/api/v2/query/ast", json={"query": "1+1"}).json()["ast"]
    assert tree["files"][0]["body"][0]["expression"]["operator"] == "+"
    found = influx.request("POST", "/api/v2/query/analyze", json={"query": "from(bucket:", "type": "flux"}).json()
    assert "expected RPAREN, got EOF" in json.dumps(found)
    names = [f["name"] for f in influx.request("GET", "/api/v2/query/suggestions").json()["funcs"]]
    assert {"range", "filter", "from", "aggregateWindow"} <= set(names)


def test_a_bucket_that_is_hidden_is_not_missing(influx: Influx, bucket: str) -> None:
    """A token that may only write a bucket is told an empty list for its name, and 404 for a name that there is not."""
    resource = {"type": "buckets", "id": bucket_id(influx, bucket), "orgID": influx.org_id()}
    with limited(influx, {"action": "write", "resource": resource}) as token:
        headers = {"Authorization": f"Token {token}"}
        for name, status in ((bucket, 200), ("bedside-test-nowhere", 404)):
            asked = {"org": influx.org, "name": name}
            answer = influx.request("GET", "/api/v2/buckets", params=asked, headers=headers)
            assert answer.status_code == status, answer.text
            assert not answer.json().get("buckets")

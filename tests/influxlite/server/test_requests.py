"""Requests as clients, browsers and careless hands send them: taken or refused as InfluxDB does it."""

import gzip
from collections.abc import Iterator

import pytest

from tests.influx_servers import Influx
from tests.influxlite.conformance.annotated_csv import tables

SPAN = {"start": "1970-01-01T00:00:00Z", "stop": "2030-01-01T00:00:00Z"}
DECODING = "failed to decode request body: "
PARSING = (
    f"{DECODING}failed parsing request body as JSON; if sending a raw Flux script, set 'Content-Type: "
    "application/vnd.flux' in your request headers: json: cannot unmarshal "
)
TIME = 'import "array" array.from(rows: [{t: now()}])'


@pytest.fixture
def bucket(influx: Influx) -> Iterator[str]:
    """A fresh bucket."""
    with influx.bucket() as name:
        yield name


def values(influx: Influx, bucket: str) -> list[str]:
    """All values of a bucket, sorted."""
    found = tables(influx.query(f'from(bucket: "{bucket}") |> range(start: 0) |> group()').text)
    return sorted(row["_value"] for table in found.values() for row in table.rows)


def test_half_a_pair_of_escapes_is_the_replacement_character(influx: Influx, bucket: str) -> None:
    """An escape that is no character is U+FFFD in names and scripts, as for Go; a whole pair is what it is."""
    for half in (chr(0xD800), chr(0xDC00)):
        label = {"orgID": influx.org_id(), "name": f"{bucket}{half}\U0001f600"}
        made = influx.request("POST", "/api/v2/labels", json=label)
        assert made.status_code == 201, made.text
        influx.request("DELETE", f"/api/v2/labels/{made.json()['label']['id']}")
        assert made.json()["label"]["name"] == f"{bucket}\ufffd\U0001f600"
        answer = influx.query(f'from(bucket: "{bucket}{half}") |> range(start: 0)')
        assert (answer.status_code, answer.json()["code"]) == (404, "not found")
        assert f"{bucket}\ufffd" in answer.json()["message"]


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("NaN", "'N' looking for beginning of value"),
        ("Infinity", "'I' looking for beginning of value"),
        ("-Infinity", "'I' in numeric literal"),
    ],
)
def test_what_is_no_number_of_json_is_refused(influx: Influx, number: str, told: str) -> None:
    """Some programs write such words where JSON has none."""
    body = f'{{"query": "x = 1", "params": {{"a": {number}}}}}'.encode()
    headers = {"Content-Type": "application/json"}
    answer = influx.request("POST", "/api/v2/query", params={"org": influx.org}, data=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["message"].endswith(f"invalid character {told}")


@pytest.mark.parametrize("predicate", [[], {}, False, 0, 5, " "], ids=repr)
def test_a_delete_with_a_predicate_of_no_kind_takes_nothing(influx: Influx, bucket: str, predicate: object) -> None:
    """What is no text says nothing about what shall go: all stays."""
    influx.write(bucket, 'a v="x" 1')
    body = {**SPAN, "predicate": predicate}
    answer = influx.request("POST", "/api/v2/delete", params={"org": influx.org, "bucket": bucket}, json=body)
    assert answer.status_code == 400, answer.text
    assert values(influx, bucket) == ["x"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "array into Go value of type http.QueryRequest"),
        ({"query": 5}, "number into Go struct field QueryRequest.query of type string"),
        ({"query": "1", "dialect": "x"}, "string into Go struct field QueryRequest.dialect of type http.QueryDialect"),
        (
            {"query": "1", "dialect": {"header": "x"}},
            "string into Go struct field QueryDialect.dialect.header of type bool",
        ),
        (
            {"query": "1", "dialect": {"annotations": "x"}},
            "string into Go struct field QueryDialect.dialect.annotations of type []string",
        ),
    ],
)
def test_a_field_of_a_wrong_type_is_named(influx: Influx, body: object, told: str) -> None:
    """The message says which field, what it was and what it should be."""
    answer = influx.request("POST", "/api/v2/query", params={"org": influx.org}, json=body)
    assert (answer.status_code, answer.json()["message"]) == (400, PARSING + told)
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2020-01-01T00:00:00.1234567891Z", "2020-01-01T00:00:00.123456789Z"),
        ("2020-01-01T02:00:00+02:00", "2020-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "2"),
        (None, "2"),
    ],
)
def test_a_request_says_what_time_it_is(influx: Influx, now: str | None, told: str) -> None:
    """Go programs send Go's zero time where they leave it to the server's clock."""
    answer = influx.query(TIME, now=now)
    assert answer.status_code == 200, answer.text
    (table,) = tables(answer.text).values()
    assert table.rows[0]["t"].startswith(told)


def test_a_time_beyond_64_bits_is_refused(influx: Influx) -> None:
    """InfluxDB lets it wrap around into another century; here a sentence says what is wrong."""
    if influx.kind != "influxlite":
        pytest.skip("InfluxDB goes on, in 1816")
    answer = influx.query(TIME, now="9999-12-31T23:59:59Z")
    assert answer.status_code == 400
    assert "out of range" in answer.json()["message"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (b'x = "\xe9"', "invalid utf-8 sequence of 1 bytes from index 5"),
        (b'x = "\xe2\x82', "incomplete utf-8 byte sequence from index 5"),
    ],
)
def test_a_script_must_be_utf_8(influx: Influx, script: bytes, told: str) -> None:
    """Bytes that are none are refused, not replaced."""
    headers = {"Content-Type": "application/vnd.flux"}
    answer = influx.request("POST", "/api/v2/query", params={"org": influx.org}, data=script, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        f"compilation failed: error @0:0-0:0: flux source: {told}",
    )


@pytest.mark.parametrize("path", ["ast", "analyze"])
def test_only_an_object_is_looked_at(influx: Influx, path: str) -> None:
    """A list holds no script."""
    answer = influx.request("POST", f"/api/v2/query/{path}", json=[])
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("invalid json: json: cannot unmarshal array into Go value of type http.")


@pytest.mark.parametrize(
    ("tail", "status"), [(b"x" * 30, 400), (gzip.compress(b"a v=2 2")[:5], 500), (gzip.compress(b"a v=2 2")[:12], 500)]
)
def test_what_follows_a_gzip_body_is_no_waste(influx: Influx, bucket: str, tail: bytes, status: int) -> None:
    """A second member that is cut, or none at all, spoils the whole: nothing is acknowledged that was not read."""
    headers = {"Content-Encoding": "gzip"}
    whole = gzip.compress(b"a v=1 1")
    assert influx.write(bucket, whole + tail, headers=headers).status_code == status
    assert values(influx, bucket) == []
    assert influx.write(bucket, whole + gzip.compress(b"\na v=2 2"), headers=headers).status_code == 204
    assert values(influx, bucket) == ["1", "2"]


def test_a_page_of_another_origin_may_ask(influx: Influx, bucket: str) -> None:
    """The browser's question is answered without a token; answers to all else name the origin, a write's as well."""
    origin = {"Origin": "http://elsewhere.example"}
    asked = influx.request(
        "OPTIONS", "/api/v2/write", token=None, headers={**origin, "Access-Control-Request-Method": "POST"}
    )
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == origin["Origin"]
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    for answer in (
        influx.write(bucket, "a v=1 1", headers=origin),
        influx.write(bucket, "a", headers=origin),
        influx.request("GET", "/api/v2/buckets", token=None, headers=origin),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == origin["Origin"], answer.status_code
    for path in ("/health", "/metrics"):  # what is open to everyone is not for other origins
        assert "Access-Control-Allow-Origin" not in influx.request("GET", path, headers=origin).headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("users?name=nobody", 404),
        ("users?id=0123456789abcdef", 404),
        ("users?id=x", 400),
        ("users?after=x", 400),
        ("authorizations?user=nobody", 404),
        ("authorizations?userID=x", 400),
        ("buckets?after=x", 400),
    ],
)
def test_a_list_is_not_more_than_was_asked_for(influx: Influx, path: str, status: int) -> None:
    """A parameter that finds nobody does not give everybody."""
    assert influx.request("GET", f"/api/v2/{path}").status_code == status


def test_tokens_are_found_by_their_user(influx: Influx) -> None:
    """All belong to the one who asks, none to somebody else."""
    me = influx.request("GET", "/api/v2/me").json()["id"]
    path = "/api/v2/authorizations"
    assert influx.request("GET", path, params={"userID": me}).json()["authorizations"]
    assert influx.request("GET", path, params={"userID": "0123456789abcdef"}).json()["authorizations"] == []


def test_what_has_no_body_has_no_type(influx: Influx) -> None:
    """The 204 of a bucket that goes."""
    name = influx.make_bucket()
    found = influx.request("GET", "/api/v2/buckets", params={"name": name}).json()["buckets"][0]
    gone = influx.request("DELETE", f"/api/v2/buckets/{found['id']}")
    assert (gone.status_code, gone.headers.get("Content-Type")) == (204, None)


def test_a_gzip_body_of_countless_members_is_refused(influx: Influx, bucket: str) -> None:
    """Each costs its start: a megabyte of empty ones would hold a thread for seconds."""
    if influx.kind != "influxlite":
        pytest.skip("InfluxDB has no such bound")
    body = gzip.compress(b"a v=1 1") + gzip.compress(b"") * 10_000
    assert influx.write(bucket, body, headers={"Content-Encoding": "gzip"}).status_code == 413
    assert values(influx, bucket) == []


@pytest.mark.parametrize("digits", ["9" * 5000, "-" + "9" * 5000])
def test_a_number_of_very_many_digits_is_a_number(influx: Influx, digits: str) -> None:
    """Where nobody asks for it, it is left out as any other field."""
    body = f'{{"other": {digits}, "query": "x = 1"}}'.encode()
    answer = influx.request("POST", "/api/v2/query/ast", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text

"""What clients of InfluxDB 1, and others that are seldom heard of, get; on influxlite and a real InfluxDB."""

from collections.abc import Iterator

import pytest

from tests.influx_servers import Influx
from tests.influxlite.conformance.annotated_csv import tables


@pytest.fixture
def bucket(influx: Influx) -> Iterator[str]:
    """A fresh bucket."""
    with influx.bucket() as name:
        yield name


def times(influx: Influx, bucket: str) -> list[str]:
    """The times of the points of a bucket."""
    found = tables(influx.query(f'from(bucket: "{bucket}") |> range(start: 0)').text)
    return sorted(row["_time"] for table in found.values() for row in table.rows)


def write(influx: Influx, *, headers: dict[str, str] | None = None, **parameters: str):
    """Post a line in InfluxDB 1's way; without a token unless the headers or parameters hold one."""
    return influx.request("POST", "/write", token=None, params=parameters, headers=headers or {}, data="m x=1 7")


def test_a_database_is_the_bucket_of_its_name(influx: Influx, bucket: str) -> None:
    """Without a retention policy or with the default one, in each precision."""
    headers = {"Authorization": f"Token {influx.token}"}
    for given in ({}, {"rp": "autogen"}, {"precision": "us"}, {"precision": "ms"}, {"rp": "", "precision": "s"}):
        assert write(influx, headers=headers, db=bucket, **given).status_code == 204
    wanted = ("00.000000007Z", "00.000007Z", "00.007Z", "07Z")
    assert times(influx, bucket) == [f"1970-01-01T00:00:{rest}" for rest in wanted]


def test_a_retention_policy_is_a_bucket_of_its_own(influx: Influx, bucket: str) -> None:
    """The bucket `db/rp`, whose name is no database."""
    body = {"name": f"{bucket}/week", "orgID": influx.org_id()}
    assert influx.request("POST", "/api/v2/buckets", json=body).status_code == 201
    headers = {"Authorization": f"Token {influx.token}"}
    try:
        assert write(influx, headers=headers, db=bucket, rp="week").status_code == 204
        assert times(influx, f"{bucket}/week") == ["1970-01-01T00:00:00.000000007Z"]
        assert times(influx, bucket) == []
        assert write(influx, headers=headers, db=f"{bucket}/week").status_code == 404
    finally:
        influx.drop_bucket(f"{bucket}/week")


@pytest.mark.parametrize("way", ["header", "basic", "parameters"])
def test_the_token_may_be_a_password(influx: Influx, bucket: str, way: str) -> None:
    """With any name of a user; a wrong one is refused."""
    for secret, status in ((influx.token, 204), ("wrong", 401)):
        if way == "parameters":
            answer = write(influx, db=bucket, u="anyone", p=secret)
        elif way == "basic":
            answer = influx.request(
                "POST", "/write", token=None, params={"db": bucket}, data="m x=1 7", auth=("anyone", secret)
            )
        else:
            answer = write(influx, headers={"Authorization": f"Token anyone:{secret}"}, db=bucket)
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("parameters", "status", "message"),
    [
        ({}, 400, "missing db"),
        ({"db": "bedside-test-none"}, 404, "no dbrp mapping found"),
    ],
)
def test_what_cannot_be_written_is_refused(influx: Influx, parameters: dict, status: int, message: str) -> None:
    """In InfluxDB's words."""
    answer = write(influx, headers={"Authorization": f"Token {influx.token}"}, **parameters)
    assert (answer.status_code, answer.json()["message"]) == (status, message)
    assert write(influx, **parameters).status_code == 401


def test_influxql_is_refused_in_a_sentence(influx: Influx) -> None:
    """A dashboard that asks in InfluxQL learns what to do; on a real InfluxDB it gets its answer."""
    answer = influx.request("GET", "/query", params={"q": "SHOW DATABASES"})
    if influx.kind == "influxlite":
        assert answer.status_code == 501
        assert "Flux" in answer.json()["message"]
    assert influx.request("GET", "/query", token=None, params={"q": "SHOW DATABASES"}).status_code == 401


def test_lists_of_organizations_have_pages(influx: Influx) -> None:
    """Within InfluxDB's bounds."""
    past = influx.request("GET", "/api/v2/orgs", params={"limit": "5", "offset": "1000"})
    assert past.json()["orgs"] == []
    assert influx.request("GET", "/api/v2/orgs", params={"limit": "0"}).status_code == 400


def test_annotations_begin_with_a_hash(influx: Influx) -> None:
    """Whatever comment prefix was asked for, as on InfluxDB."""
    script = 'import "array"\narray.from(rows: [{a: 1}])'
    answer = influx.query(script, dialect={"commentPrefix": "%", "annotations": ["datatype"], "header": True})
    assert answer.text.startswith("#datatype,string,long,long")


@pytest.mark.parametrize("kind", ["notificationRules", "notificationEndpoints", "checks"])
def test_alerts_that_are_not_there_are_empty_lists(influx: Influx, kind: str) -> None:
    """So that programs that look for them go on."""
    answer = influx.request("GET", f"/api/v2/{kind}", params={"orgID": influx.org_id()})
    assert (answer.status_code, answer.json()[kind]) == (200, [])

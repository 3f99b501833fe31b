"""The official client works unchanged: writing, querying in every form, deleting, buckets, organizations, tokens."""

import datetime
from collections.abc import Iterator

import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.permission import Permission
from influxdb_client.domain.permission_resource import PermissionResource
from influxdb_client.rest import ApiException

from tests.influx_servers import Influx

NOON = datetime.datetime(2026, 1, 10, 12, tzinfo=datetime.UTC)


@pytest.fixture
def client(influx: Influx) -> Iterator[InfluxDBClient]:
    """The official client."""
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org, enable_gzip=True) as made:
        yield made


@pytest.fixture
def bucket(influx: Influx) -> Iterator[str]:
    """A fresh bucket."""
    with influx.bucket() as name:
        yield name


def test_it_finds_the_server_well(client: InfluxDBClient) -> None:
    """Ping, health, ready, version and build."""
    assert client.ping()
    assert client.ready().status == "ready"
    assert client.version().lstrip("v").startswith("2.")
    assert client.build() == "OSS"


def test_it_writes_queries_and_deletes(client: InfluxDBClient, bucket: str) -> None:
    """Points in; tables, a stream of records, CSV rows and raw bytes out; a delete by predicate."""
    writer = client.write_api(write_options=SYNCHRONOUS)
    points = [
        Point("cpap")
        .tag("mrn", "5001")
        .field("spo2", 90.0 + i)
        .field("ok", i > 1)
        .time(NOON + datetime.timedelta(minutes=i))
        for i in range(4)
    ]
    writer.write(bucket=bucket, record=points)
    writer.write(bucket=bucket, record='cpap,mrn=5002 note="a, b" 1768046400000', write_precision="ms")  # pyright: ignore[reportArgumentType]
    ask = f'from(bucket: "{bucket}") |> range(start: 2026-01-01T00:00:00Z) |> filter(fn: (r) => r._field == "spo2")'
    reader = client.query_api()
    (table,) = reader.query(ask)
    assert [(r.get_time(), r.get_value(), r["mrn"]) for r in table.records] == [
        (NOON + datetime.timedelta(minutes=i), 90.0 + i, "5001") for i in range(4)
    ]
    assert [r.get_value() for r in reader.query_stream(ask)] == [90.0, 91.0, 92.0, 93.0]
    assert len([row for row in reader.query_csv(ask) if row and row[0] == "" and row[1] != "result"]) == 4
    assert b"5001" in reader.query_raw(ask).data
    by_parameter = reader.query(ask.replace('"spo2"', "wanted"), params={"wanted": "ok", "limits": [1.0, 2.5]})
    assert [r.get_value() for t in by_parameter for r in t.records] == [False, False, True, True]
    client.delete_api().delete(NOON, NOON + datetime.timedelta(minutes=1), '_measurement="cpap"', bucket=bucket)
    assert [r.get_value() for r in reader.query_stream(ask)] == [92.0, 93.0]


def test_its_errors_carry_status_and_message(client: InfluxDBClient, bucket: str) -> None:
    """A bad line and a bad query raise what the client raises for InfluxDB."""
    writer = client.write_api(write_options=SYNCHRONOUS)
    with pytest.raises(ApiException) as told:
        writer.write(bucket=bucket, record="m v=")
    assert told.value.status == 400
    assert "missing field value" in str(told.value.body)
    with pytest.raises(ApiException) as told:
        client.query_api().query(f'from(bucket: "{bucket}")')
    assert told.value.status == 400


def test_it_manages_buckets_organizations_and_tokens(client: InfluxDBClient, influx: Influx, bucket: str) -> None:
    """The objects that the client makes of the answers are complete."""
    found = client.buckets_api().find_bucket_by_name(bucket)
    assert found is not None
    assert found.name == bucket
    found.description = "described"
    assert client.buckets_api().update_bucket(bucket=found).description == "described"
    assert bucket in [b.name for b in client.buckets_api().find_buckets(limit=100).buckets]
    (org,) = client.organizations_api().find_organizations(org=influx.org)
    assert client.organizations_api().find_organization(org.id).name == influx.org
    assert client.users_api().me().status == "active"
    permission = Permission(action="read", resource=PermissionResource(type="buckets", id=found.id, org_id=org.id))
    tokens = client.authorizations_api()
    made = tokens.create_authorization(org_id=org.id, permissions=[permission])
    try:
        assert made.token
        assert made.id
        (kept,) = tokens.find_authorization_by_id(made.id).permissions or []
        assert kept.resource.id == found.id
        assert made.id in [one.id for one in tokens.find_authorizations(org_id=org.id)]
        with InfluxDBClient(url=influx.url, token=made.token, org=influx.org) as limited:
            assert limited.query_api().query(f'from(bucket: "{bucket}") |> range(start: 0)') == []
    finally:
        tokens.delete_authorization(made.id)

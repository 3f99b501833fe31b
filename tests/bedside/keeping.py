"""What tests of backups share: settings that lead to a test's own bucket, and a look at everything a folder holds."""

import contextlib
import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bedside.keep import points
from bedside.settings import Settings
from query import Address, Connection
from tests.influx_servers import Influx
from tests.ingest.conftest import start_ward

NAME = "Ada Park"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def silent(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def settings_on(data: Path, influx: Influx | None = None, bucket: str = "telemetry") -> Settings:
    """Settings of that folder; with an InfluxDB they lead there, and no influxlite is meant."""
    settings = replace(Settings.load(data=data), influx_bucket=bucket)
    if influx is None:
        return replace(settings, external_influx=False, influx_url="http://127.0.0.1:9", influx_org="ward")
    return replace(
        settings, influx_url=influx.url, influx_org=influx.org, influx_token=influx.token, external_influx=True
    )


def fingerprint(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder but locks and logs, by its path."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.relative_to(folder).parts[0] not in ("run", "logs")
    }


def buckets_like(influx: Influx, bucket: str) -> list[str]:
    """The names of the bucket and of all whose names begin with its name."""
    found = influx.request("GET", "/api/v2/buckets", params={"limit": "100"}).json()["buckets"]
    return sorted(one["name"] for one in found if one["name"].startswith(bucket))


@contextlib.contextmanager
def family(influx: Influx) -> Iterator[str]:
    """A fresh bucket; it and all whose names begin with its name are gone afterwards."""
    name = influx.make_bucket()
    try:
        yield name
    finally:
        for one in buckets_like(influx, name):
            influx.drop_bucket(one)


def connection(influx: Influx) -> Connection:
    """A connection to ask that InfluxDB."""
    return Connection(Address(influx.url, influx.org, influx.token))


@contextlib.contextmanager
def filled(influx: Influx, data: Path) -> Iterator[Settings]:
    """A folder with two patients, an image and a turnover, whose points are in a bucket of the InfluxDB."""
    with family(influx) as bucket:
        told = {"influx_url": influx.url, "influx_org": influx.org, "influx_v2_token": influx.token}
        ward = start_ward(data, bucket=bucket, **told)
        for minute, mrn in ((0, 7), (1, 7), (2, 8)):
            body = {"room": 1, "mrn": mrn, "time": f"2026-01-10T22:{minute:02d}:00Z", "spo2": 95, "apnea_count": minute}
            assert ward.read({**body, "name": NAME, "flow_image": PNG}).status_code == 201
        with closing(connection(influx)) as asked:
            while points.count(asked, bucket) < 9 + 3:
                pass
        ward.stop()
        yield settings_on(data, influx, bucket)

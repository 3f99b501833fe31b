"""What tests of backups share: settings that lead to a test's own bucket, and a look at everything a folder holds."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bedside.settings import Settings
from tests.influx_servers import Influx


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

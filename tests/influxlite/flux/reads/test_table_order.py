"""The order of tables, where InfluxDB's storage decides it: by measurement, tags, field."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from influxlite.flux import query
from influxlite.flux.csv import encode
from tests.influxlite.conftest import Box

LINES = "\n".join(
    f"m,room={room} spo2={room}.5,leak={room}.25 {1_768_003_200_000_000_000 + i}" for room in (102, 101) for i in (0, 1)
)
READ = 'from(bucket: "{}") |> range(start: 2026-01-10T00:00:00Z, stop: 2026-01-10T01:00:00Z)'


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A storage with two fields of two rooms."""
    made = Box(tmp_path_factory.mktemp("order") / "data")
    made.write(LINES)
    yield made
    made.storage.close()


@pytest.mark.parametrize("pushdown", [True, False], ids=["pushed", "frames"])
@pytest.mark.parametrize(
    ("steps", "by_series"),
    [
        ("", True),
        ("|> last()", True),
        ("|> first() |> aggregateWindow(every: 1h, fn: count, createEmpty: false)", True),
        ("|> limit(n: 2) |> derivative()", True),
        ("|> aggregateWindow(every: 1h, fn: mean)", True),
        ("|> median()", False),
        ("|> keep(columns: [\"_field\", \"_measurement\", \"room\", \"_time\"])", False),
    ],
)  # fmt: skip
def test_series_come_as_they_are_stored(held: Box, steps: str, by_series: bool, pushdown: bool) -> None:
    """Steps hand tables on as they come, until one collects them under their keys, whose first column is _field."""
    script = f"{READ.format(held.bucket.name)} {steps}"
    results = query(script, storage=held.storage, org_id=held.org.id, org_name="ward", pushdown=pushdown)
    lines = [line for line in b"".join(encode(results)).decode().split("\r\n") if line and line[0] != "#"]
    seen = dict.fromkeys((row["room"], row["_field"]) for row in csv.DictReader(io.StringIO("\n".join(lines))))
    rooms_first = [(room, field) for room in ("101", "102") for field in ("leak", "spo2")]
    fields_first = [(room, field) for field in ("leak", "spo2") for room in ("101", "102")]
    assert list(seen) == (rooms_first if by_series else fields_first)

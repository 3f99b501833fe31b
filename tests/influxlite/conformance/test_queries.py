"""The queries of `cases.json`, recorded from InfluxDB 2.7.12, give the same answers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.influx_servers import Influx
from tests.influxlite.conformance.annotated_csv import difference

HERE = Path(__file__).parent
CASES = json.loads((HERE / "cases.json").read_text())
RECORDED_BUCKET = "telemetry"
LINES_AT_ONCE = 500


@pytest.fixture(scope="module")
def ward(influx: Influx) -> Iterator[str]:
    """A bucket that holds ward.lp."""
    with influx.bucket() as name:
        lines = (HERE / "ward.lp").read_bytes().splitlines(keepends=True)
        for start in range(0, len(lines), LINES_AT_ONCE):
            answer = influx.write(name, b"".join(lines[start : start + LINES_AT_ONCE]))
            assert answer.status_code == 204, answer.text
        yield name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_query(influx: Influx, ward: str, case: dict) -> None:
    """The tables are the same; of an error, the status and the code are."""
    answer = influx.query(case["query"].replace(RECORDED_BUCKET, ward))
    assert answer.status_code == case["status"], answer.text[:500]
    if case["status"] == 200:
        assert difference(case["csv"].replace(RECORDED_BUCKET, ward), answer.text) is None
    else:
        assert answer.json()["code"] == case["error"]["code"]

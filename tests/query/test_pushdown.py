"""A question's parameters reach the storage: what is asked about one patient reads one patient."""

import re

import pytest

from query import Ward
from tests.influx_servers import Influx
from tests.query.conftest import TIMES

OF_A_PATIENT = [
    "breath_rate",
    "apneas_per_hour",
    "readings",
    "nights",
    "night_summary",
    "flow_images",
    "recorded_nights",
]
POINTS = 300 * 6 + 3
"""What the small ward holds of patient 5001: readings of six fields, and three flow images."""


@pytest.mark.parametrize("name", OF_A_PATIENT)
def test_influxlite_reads_the_patients_series_alone(influx: Influx, ward: Ward, name: str) -> None:
    """The plan's SELECTs read no more rows than the patient has points, each once or twice."""
    if influx.kind != "influxlite":
        pytest.skip("only influxlite tells its plan")
    plan = ward.connection.explain(ward.bind(name, mrn="5001", **TIMES))
    assert "DuckDB  from |> range |> filter" in plan
    selects = [int(rows.replace(",", "")) for rows in re.findall(r"-- ([\d,]+) rows", plan)]
    assert selects
    assert max(selects) <= POINTS
    assert sum(selects) <= 2 * POINTS


@pytest.mark.parametrize("name", OF_A_PATIENT)
def test_influxdb_filters_while_it_reads(influx: Influx, ward: Ward, name: str) -> None:
    """The profiler's first operator is the source, with the filter merged into it or gone into its grouping."""
    if influx.kind != "real":
        pytest.skip("only InfluxDB has its profiler's operators")
    flux = ward.bind(name, mrn="5001", **TIMES)
    profiled = f'import "profiler"\noption profiler.enabledProfilers = ["operator"]\n{flux}'
    imports = [line for line in profiled.splitlines() if line.startswith("import")]
    others = [line for line in profiled.splitlines() if not line.startswith("import")]
    tables = ward.tables("\n".join([*imports, *others]))
    profile = next(part.frame for part in tables if part.result == "_profiler")
    sources = profile.filter(profile["Type"].str.starts_with("*influxdb."))
    assert len(sources) >= 1
    assert all("filter" in label or "Group" in label for label in sources["Label"])

"""explain tells what DuckDB did and what ran on frames, and writes nothing."""

import subprocess
import sys
from pathlib import Path

from influxlite import flux
from influxlite.flux.plan.series_lookup import lookup
from influxlite.flux.plan.statement import FEW
from tests import influx_servers
from tests.influxlite.conftest import Box
from tests.influxlite.flux.plan.test_pushdown import HOUR, START

SOURCE = 'from(bucket: "telemetry") |> range(start: 2026-01-10T00:00:00Z, stop: 2026-01-11T00:00:00Z)'

THREE = f"""
d = {SOURCE}
d |> mean() |> yield(name: "a")
d |> min() |> yield(name: "b")
d |> aggregateWindow(every: 1h, fn: max) |> yield(name: "c")
"""


def explained(box: Box, script: str) -> str:
    """The explanation of a script over a few points."""
    box.write("".join(f"cpap,room={100 + i % 3} x={i % 7} {START + i * HOUR // 9}\n" for i in range(60)))
    return flux.explain(script, storage=box.storage, org_id=box.org.id, org_name="ward")


def test_one_select(box: Box) -> None:
    """from |> range |> filter |> (aggregate) is one SELECT that sends one row for each series."""
    text = explained(box, f"{SOURCE} |> filter(fn: (r) => r._value > 1.0) |> mean()")
    assert "DuckDB  from |> range |> filter |> mean" in text
    assert text.count("SELECT series, avg") == 1
    assert "-- 3 rows" in text
    assert "frames" not in text


def test_one_select_by_window(box: Box) -> None:
    """aggregateWindow is one SELECT, of few points as they are, of many by series and window; the rest is on frames."""
    script = f"{SOURCE} |> aggregateWindow(every: 1h, fn: max) |> map(fn: (r) => ({{r with y: r._value}}))"
    text = explained(box, script)
    assert text.count("SELECT") == text.count("-- 60 rows") == 1
    assert "DuckDB  from |> range |> aggregateWindow" in text
    assert "frames  map: 3 tables" in text
    box.write("".join(f"cpap,room=101 x={i} {START + i * 1_000_000_000}\n" for i in range(FEW)))
    text = explained(box, script)
    assert text.count("max(value) AS value") == 1
    assert "frames  map: 3 tables" in text
    assert len(lookup(box.storage, box.bucket.id).dense) == 3


def test_last_reads_nothing(box: Box) -> None:
    """The last values come from the index: no statement is run."""
    text = explained(box, f"{SOURCE} |> last()")
    assert "index   from |> range |> last" in text
    assert "SELECT" not in text


def test_needed_rows_alone(box: Box) -> None:
    """Of a group's maximum only the maximum of each series is sent, and frames do the rest."""
    text = explained(box, f"{SOURCE} |> group() |> max()")
    assert "-- 3 rows" in text
    assert "1 tables, 1 rows" in text


def test_few_points_are_read_once(box: Box) -> None:
    """Of few points that several results share, one SELECT is made; of many, each result has its own."""
    text = explained(box, THREE)
    assert text.count("SELECT") == 1
    assert [text.count(f"frames  {name}") for name in ("mean", "min", "aggregateWindow")] == [1, 1, 1]
    box.write("".join(f"cpap,room=101 x={i} {START + i * 1_000_000_000}\n" for i in range(FEW)))
    text = explained(box, THREE)
    assert "DuckDB  from |> range |> mean" in text
    assert "\n  frames" not in text


def test_writes_nothing(box: Box) -> None:
    """A script that writes is explained without writing."""
    explained(box, f'{SOURCE} |> map(fn: (r) => ({{r with _measurement: "copy"}})) |> to(bucket: "telemetry")')
    assert not box.storage.series(box.bucket.id, "copy")


def test_over_http(tmp_path: Path) -> None:
    """`influxlite query --explain` prints the plan that the server answers with; a refusal has exit code 3."""
    with influx_servers.influxlite(tmp_path) as influx:
        influx.write("bedside-test-first", f"cpap,room=101 x=1 {START}")
        command = [sys.executable, "-m", "influxlite", "query", "--explain", "--url", influx.url, "--org", influx.org]
        command += ["--token", influx.token]
        script = SOURCE.replace("telemetry", "bedside-test-first")
        found = subprocess.run([*command, f"{script} |> count()"], capture_output=True, text=True, check=True)
        assert "DuckDB  from |> range |> count" in found.stdout
        refused = subprocess.run([*command, "from(bucket: 1)"], capture_output=True, text=True, check=False)
        assert (refused.returncode, refused.stdout) == (3, "")

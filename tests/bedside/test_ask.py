"""`bedside ask` and `bedside flux` as a person runs them, on a small ward."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from bedside.cli import cli
from tests.influx_servers import Influx
from tests.query.conftest import small_ward

Run = Callable[..., Result]
NIGHT = ("-p", "night=2026-03-28", "--timezone", "Europe/Vienna")


@pytest.fixture(scope="module")
def filled(influx: Influx) -> Iterator[str]:
    """A bucket that holds the small ward."""
    with influx.bucket() as bucket:
        assert influx.write(bucket, "\n".join(small_ward()), "ms").status_code == 204
        yield bucket


@pytest.fixture
def run(influx: Influx, filled: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command line against the small ward."""
    for name, value in (("URL", influx.url), ("ORG", influx.org), ("TOKEN", influx.token)):
        monkeypatch.setenv(f"INFLUXDB_V2_{name}", value)
    monkeypatch.setenv("BEDSIDE_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("BEDSIDE_TIMEZONE", raising=False)

    def invoke(*arguments: str) -> Result:
        extra = ["-p", f"bucket={filled}"] if arguments[0] == "ask" and "-p" in arguments else []
        return CliRunner().invoke(cli, [*arguments, *extra])

    return invoke


def test_a_question_is_answered_as_a_table_with_a_curve(run: Run) -> None:
    """Times in the ward's zone, numbers, and one line of bars below them with the least and the most."""
    told = run("ask", "breath_rate", "-p", "mrn=5001", "-p", "every=30m", *NIGHT)
    assert told.exit_code == 0, told.output
    assert "Breath rate of a patient by window (times in Europe/Vienna)" in told.output
    assert re.search(r"^2026-03-28 22:00:00 +5001 +\d+\.\d+ *$", told.output, re.MULTILINE)
    (curve,) = [line for line in told.output.splitlines() if line.startswith("breath_rate  ")]
    assert set(curve.split("  ")[1]) <= set("▁▂▃▄▅▆▇█")
    assert "…" in curve


def test_csv_json_and_parquet_hold_the_same_rows(run: Run, tmp_path: Path) -> None:
    """Every shape tells the same times and values."""
    question = ("ask", "breath_rate", "-p", "mrn=5001", "-p", "every=1h", *NIGHT)
    rows = json.loads(run(*question, "--json").stdout)
    assert rows[0]["time"] == "2026-03-28T22:00:00+01:00"
    assert [float(row["breath_rate"]) for row in csv.DictReader(io.StringIO(run(*question, "--csv").stdout))] == [
        row["breath_rate"] for row in rows
    ]
    file = tmp_path / "rate.parquet"
    assert run(*question, "--parquet", str(file)).exit_code == 0
    assert pl.read_parquet(file)["breath_rate"].to_list() == [row["breath_rate"] for row in rows]


def test_the_list_documents_itself(run: Run) -> None:
    """Every question is listed with its title; one of them tells its parameters, defaults, columns and units."""
    listed = run("ask", "--list").output
    assert "breath_rate" in listed
    assert "Last reading of every room" in listed
    told = run("ask", "--list", "nights").output
    for part in ("mrn", "duration = 1m", "the ward's zone", "apnea_index", "1/h", "docs/questions.md"):
        assert part in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("breth-rate",), "did you mean breath_rate"),
        (("breath_rate", "-p", "mrn=5001", "-p", "evry=5m"), "did you mean every?"),
        (("breath_rate", "-p", "mrn=5001", "-p", "every=5x"), "every must be a duration"),
        (("breath_rate",), "needs mrn"),
        (("breath_rate", "-p", "mrn"), "write it as NAME=VALUE"),
        (("breath_rate", "-p", "mrn=1", "-p", "mrn=2"), "given twice"),
        (("breath_rate", "-p", "mrn=1", "-p", "night=x"), "such as 2026-01-10"),
    ],
)
def test_what_is_not_understood_says_what_would_be(run: Run, arguments: tuple[str, ...], message: str) -> None:
    """A wrong name, parameter or value exits with 2 and names the nearest, or what is expected."""
    told = run("ask", *arguments)
    assert told.exit_code == 2
    assert message in told.output


def test_flux_prints_tables_with_what_they_share_above(run: Run, filled: str) -> None:
    """A raw query's tables stand apart; long ones are cut, and it says so."""
    flux = f'from(bucket: "{filled}") |> range(start: 2026-03-28T00:00:00Z, stop: 2026-03-30T00:00:00Z)'
    told = run("flux", f'{flux} |> filter(fn: (r) => r._field == "spo2")', "--rows", "3")
    assert told.exit_code == 0, told.output
    assert "mrn=5001  room=101" in told.output
    assert "2026-03-28 21:00:00Z" in told.output
    assert "… and 297 more rows; --rows 0 prints all" in told.output
    assert run("flux", f"{flux} |> count() |> filter(fn: (r) => r._value < 0)").output.strip() == (
        "The answer is empty: no table."
    )


def test_flux_prints_no_more_tables_than_a_person_reads(run: Run, filled: str) -> None:
    """Of hundreds of tables the first twenty are shown, and it says how many there are; --rows 0 prints all."""
    flux = f'from(bucket: "{filled}") |> range(start: 2026-03-28T00:00:00Z, stop: 2026-03-30T00:00:00Z)'
    flux += (
        ' |> filter(fn: (r) => r._field == "spo2" and r.room == "102") |> limit(n: 30) |> window(every: 1m) |> count()'
    )
    told = run("flux", flux).output
    assert told.count("mrn=X-000007") == 20
    assert "… and 10 more tables; --rows 0 prints all, group() makes one of them" in " ".join(told.split())
    assert run("flux", flux, "--rows", "0").output.count("mrn=X-000007") == 30


def test_flux_gives_csv_json_and_parquet(run: Run, filled: str, tmp_path: Path) -> None:
    """Annotated CSV as it comes, JSON with types, and a Parquet file."""
    flux = f'from(bucket: "{filled}") |> range(start: 2026-03-28T00:00:00Z) |> filter(fn: (r) => r._field == "mask_on")'
    flux += " |> last()"
    assert run("flux", flux, "--csv").stdout.startswith("#datatype,string,long,")
    rows = json.loads(run("flux", flux, "--json").stdout)
    assert [(row["mrn"], row["_value"]) for row in rows] == [("5001", True), ("5002", True), ("X-000007", True)]
    assert rows[0]["_time"].endswith("Z")
    file = tmp_path / "last.parquet"
    assert run("flux", flux, "--parquet", str(file)).exit_code == 0
    assert len(pl.read_parquet(file)) == 3


def test_a_fault_in_flux_shows_its_line(run: Run) -> None:
    """Exit code 1, the server's words, and carets below the place."""
    told = run("flux", 'from(bucket: "x") |> rang(start: -1h)')
    assert told.exception is not None
    assert "rang" in str(told.exception)
    assert str(told.exception).endswith("     │                      ^^^^")


def test_explain_and_flux_tell_what_would_be_asked(run: Run, influx: Influx) -> None:
    """--flux prints the bound query and sends nothing; --explain is influxlite's alone, and says so elsewhere."""
    question = ("ask", "breath_rate", "-p", "mrn=5001", *NIGHT)
    assert 'mrn: "5001", start: 2026-03-28T11:00:00Z' in run(*question, "--flux").stdout
    told = run(*question, "--explain")
    if influx.kind == "influxlite":
        assert "DuckDB  from |> range |> filter" in told.stdout
    else:
        assert "is no influxlite" in str(told.exception)


def test_a_table_fits_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names break first; where that is not enough, a row stands as a list. No line is too long, no value is broken."""
    for columns, starts in ((200, "time "), (80, "cpap_"), (40, "time ")):
        monkeypatch.setenv("COLUMNS", str(columns))
        told = run("ask", "last_readings", "-p", "start=2026-03-28", "-p", "stop=2026-03-31").output
        assert all(len(line) <= columns for line in told.splitlines())
        assert any(line.lstrip().startswith(starts) for line in told.splitlines()), told
        assert "2026-03-29 05:39:07Z" in told

"""What other people's tests get: a server, a bucket of their own, and nothing left of it."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from influxlite.testing import Database, Refused, Server, ServerFailed, serve

LINE = "weather,city=Bern temperature=21.5 1767225600000000000"
ALL = "from(bucket: bucket) |> range(start: 0)"
pytest_plugins = ["pytester"]


def test_a_test_has_a_bucket_of_its_own(influxlite: Database) -> None:
    """The fixture is there without an import: what was written is found, in a bucket that nobody else wrote to."""
    assert influxlite.query(ALL).strip() == ""
    influxlite.write(LINE)
    assert ",21.5,temperature,weather,Bern" in influxlite.query(ALL)
    with influxlite.client() as client:
        (table,) = client.query_api().query(f'from(bucket: "{influxlite.bucket}") |> range(start: 0)')
        assert [record.values["city"] for record in table] == ["Bern"]


def test_the_next_test_finds_nothing_of_the_last(influxlite: Database, influxlite_server: Server) -> None:
    """The bucket of the test before is gone, and the server is the same."""
    assert influxlite.server is influxlite_server
    names = influxlite.query('buckets() |> filter(fn: (r) => r.name =~ /^test-/) |> keep(columns: ["name"])')
    assert influxlite.bucket in names
    assert names.count("test-") == 1


def test_arguments_reach_the_script(influxlite: Database) -> None:
    """What is given to a query by name is in its record `params`."""
    influxlite.write(LINE)
    warmer = ALL + " |> filter(fn: (r) => r._value > params.limit)"
    assert "21.5" in influxlite.query(warmer, limit=20.0)
    assert "21.5" not in influxlite.query(warmer, limit=22.0)


def test_what_is_refused_says_why(influxlite: Database) -> None:
    """Errors are InfluxDB's: status, code and message."""
    with pytest.raises(Refused, match="undefined identifier form") as caught:
        influxlite.query('form(bucket: "x")')
    assert (caught.value.status, caught.value.code) == (400, "invalid")
    with pytest.raises(Refused) as caught:
        influxlite.write("no line protocol")
    assert caught.value.status == 400


def test_a_bucket_can_have_a_name_and_a_retention(influxlite_server: Server) -> None:
    """A program that knows its bucket by name finds it; afterwards it is gone."""
    with influxlite_server.bucket("known", retention_s=3600) as database:
        listed = database.query('buckets() |> filter(fn: (r) => r.name == "known")')
        assert "3600000000000" in listed
        assert database.environment["INFLUXDB_V2_URL"] == database.url
    with influxlite_server.bucket("known"):
        pass


def test_a_suite_elsewhere_needs_no_set_up(pytester: pytest.Pytester) -> None:
    """In a folder that holds a test and nothing else the fixture works, and its server ends with the session."""
    pytester.makepyfile(
        """
        import os

        def test_weather(influxlite, monkeypatch):
            for name, value in influxlite.environment.items():
                monkeypatch.setenv(name, value)
            influxlite.write("weather temperature=21.5 1")
            assert "21.5" in influxlite.query("from(bucket: bucket) |> range(start: 0)")
            print("PORT", os.environ["INFLUXDB_V2_URL"].rsplit(":")[-1])
        """
    )
    result = pytester.runpytest_subprocess("-s", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    port = next(line.split()[-1] for line in result.outlines if "PORT " in line)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0


def test_without_pytest_a_with_is_enough(tmp_path: Path) -> None:
    """`serve` keeps its data where it is told to, and answers until the `with` ends."""
    with serve(tmp_path) as server, server.bucket() as database:
        database.write(LINE)
        assert "21.5" in database.query(ALL)
    assert (tmp_path / "data").is_dir()
    with pytest.raises(OSError, match="refused"):
        server.request("GET", "/health")


def test_a_server_that_cannot_start_says_so(tmp_path: Path) -> None:
    """Where the folder of the data is a file, the error tells what the server said."""
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(ServerFailed, match="did not start"), serve(tmp_path):
        pass


def test_the_plugin_costs_a_session_nothing() -> None:
    """Loading the fixtures loads neither the database nor the frames: suites that do not use them do not wait."""
    program = (
        "import sys, influxlite.pytest_plugin; print([m for m in ('duckdb', 'polars', 'flask') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"

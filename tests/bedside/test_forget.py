"""`bedside forget` as a person runs it, against a running server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bedside.cli import cli
from tests.influx_servers import Influx
from tests.ingest.conftest import ADMIN, start_ward

Run = Callable[..., Result]


@pytest.fixture
def ward(influx: Influx, tmp_path: Path) -> Iterator[Any]:
    """A server with one patient."""
    with influx.bucket() as bucket:
        running = start_ward(
            tmp_path, influx_url=influx.url, influx_org=influx.org, influx_v2_token=influx.token, bucket=bucket
        )
        reading = {"room": 1, "mrn": 7, "time": "2026-01-10T22:00:00Z", "spo2": 95, "name": "Ada Park"}
        assert running.read(reading).status_code == 201
        yield running
        running.stop()


@pytest.fixture
def run(ward: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the command line against it."""
    monkeypatch.setenv("BEDSIDE_DATA", str(tmp_path))
    monkeypatch.setenv("BEDSIDE_PORT", ward.url.rsplit(":", 1)[1])
    monkeypatch.setenv("BEDSIDE_TOKEN", ADMIN)
    return lambda *arguments, **options: CliRunner().invoke(cli, arguments, **options)


def test_a_patient_is_forgotten_when_the_mrn_is_typed_again(run: Run, ward: Any) -> None:
    """Another MRN removes nothing; the same one removes everything, and a table says what."""
    assert run("forget", "--mrn", "7", input="8\n").exit_code != 0
    assert ward.get("/v1/patients/7")["name"] == "Ada Park"
    told = run("forget", "--mrn", "7", input="7\n")
    assert told.exit_code == 0, told.output
    assert "identity and name" in told.output
    assert "0 values still name the patient" in told.output
    assert ward.call("GET", "/v1/patients/7", role="clinician").status_code == 404

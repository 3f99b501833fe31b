"""`python -m flask --app ingest run`: the API without `bedside up`, on a data folder that is fit to be served."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from ingest.restoring import JOURNAL

COMMAND = [sys.executable, "-m", "flask", "--app", "ingest", "run", "--port", "0"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A data folder of its own, no InfluxDB."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BEDSIDE_", "INFLUXDB_"))}
    return {**kept, "BEDSIDE_DATA": str(tmp_path / "data"), "BEDSIDE_ADMIN_TOKEN": "the-admin-of-this-test"}


def test_flask_serves_the_api(environment: dict[str, str]) -> None:
    """It answers at the address that it tells, and takes a reading."""
    with subprocess.Popen(COMMAND, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            found = next(match for line in server.stderr if (match := re.search(r"Running on (http://\S+)", line)))
            head = {"Authorization": "Bearer the-admin-of-this-test"}
            reading = {"room": 1, "mrn": 2, "time": "2026-01-10T22:00:00Z", "spo2": 95.0}
            answer = requests.post(f"{found[1]}/v1/readings", json=reading, headers=head, timeout=30)
            assert (answer.status_code, answer.json()["status"]) == (201, "accepted")
        finally:
            server.terminate()


def test_a_half_restored_folder_is_not_served(environment: dict[str, str]) -> None:
    """Where a restore was stopped while it took its place, it says so, ends, and makes no database."""
    data = Path(environment["BEDSIDE_DATA"])
    data.mkdir()
    (data / JOURNAL).write_text("{}")
    ran = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode != 0
    assert "restore" in ran.stderr.splitlines()[-1]
    assert not (data / "bedside.db").exists()

"""docs/analysts.md and its notebook, run as they stand against the known house, told what they told when written."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests import influx_servers
from tests.query import simulated
from tests.query.known_house import VIENNA, House

DOCS = Path(__file__).resolve().parents[2] / "docs"
NOTEBOOK = DOCS / "who-slept-badly.ipynb"
BLOCK = re.compile(r"^```python\n((?:(?!```).*\n)*)```$", re.MULTILINE)
STORE = "BEDSIDE_STORE_NOTEBOOK"
"""With this variable set the notebook's answers are stored in it anew."""
NIGHT = "2026-03-28"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """What was measured."""
    return House(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def surroundings(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an analyst: the house in the bucket `telemetry` of an influxlite, and folders of their own."""
    folder = tmp_path_factory.mktemp("analyst")
    with influx_servers.server("influxlite", tmp_path_factory.mktemp("influx")) as influx:
        made = influx.request("POST", "/api/v2/buckets", json={"name": "telemetry", "orgID": influx.org_id()})
        assert made.status_code in (201, 422), made.text
        assert influx.write("telemetry", "\n".join(house.lines()), "ms").status_code == 204
        yield {
            **{name: value for name, value in os.environ.items() if not name.startswith(("BEDSIDE_", "INFLUXDB_"))},
            "INFLUXDB_V2_URL": influx.url,
            "INFLUXDB_V2_ORG": influx.org,
            "INFLUXDB_V2_TOKEN": influx.token,
            "BEDSIDE_TIMEZONE": str(VIENNA),
            "MPLBACKEND": "Agg",
            **{name: str(folder) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")},
        }


def worst(house: House) -> str:
    """Whose readings of the night in any one room have the most apneas."""
    counts: dict[tuple[str, str], int] = {}
    for row in house.rows:
        if str(simulated.night_of(row.time_ms, VIENNA)) == NIGHT:
            key = (row.room, row.mrn)
            counts[key] = counts.get(key, 0) + int(row.fields["apnea_count"])
    return max(counts, key=lambda key: counts[key])[1]


def test_ten_lines_lead_to_a_plot(surroundings: dict[str, str], house: House, tmp_path: Path) -> None:
    """The page's Python runs as it stands, in ten lines, draws a picture, and finds who a plain count finds."""
    blocks = BLOCK.findall((DOCS / "analysts.md").read_text("utf-8"))
    assert len([line for line in blocks[0].splitlines() if line.strip()]) == 10
    text = "\n".join([*blocks, "print('worst:', mrn)"])
    ran = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, env=surroundings, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert f"worst: {worst(house)}" in ran.stdout
    assert (tmp_path / "spo2.png").read_bytes().startswith(b"\x89PNG")


def told(cell: Any) -> list[str]:
    """What a cell answered as text, without what only names a picture."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
    return [text for text in texts if text and not text.startswith("<Figure")]


def test_the_notebook_runs_and_answers_what_it_shows(
    surroundings: dict[str, str], house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every cell runs in a kernel of its own, answers what is stored below it, and one of them draws."""
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MPLBACKEND")
    stored = nbformat.read(NOTEBOOK, as_version=4)
    ran = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(ran, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for cell in ran.cells:
        cell.metadata.pop("execution", None)
    if os.environ.get(STORE):
        nbformat.write(ran, NOTEBOOK)
        return
    assert [told(cell) for cell in ran.cells] == [told(cell) for cell in stored.cells]
    assert f"'{worst(house)}'" in [text for cell in ran.cells for text in told(cell)]
    drawn = [out for cell in ran.cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
    assert drawn

"""A simulated ward behind the real pipeline, and what its ledger says: what dashboards must show."""

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from grafana.queries import Asked, asked, filled
from simulator import simulate
from simulator.ledger import Entry, load
from tests.influx_servers import free_ports
from tests.simulator.conftest import KINDS
from tests.simulator.stack import ADMIN, Stack, fresh, start

ZONE = ZoneInfo("Europe/Zurich")
BEGIN = datetime(2026, 3, 27, 15, 0, tzinfo=UTC)
"""Clocks in Zurich jump in the second of the nights that follow."""
HOURS = 50
TOLD = {"BEDSIDE_PULSE_INTERVAL_S": "0.2", "BEDSIDE_TIMEZONE": ZONE.key}
Row = dict[str, Any]


@dataclass(frozen=True)
class Simulated:
    """A ward that was simulated, and where it can be asked for.

    `entries` are the acknowledged readings by time; `stop` is a little after the last of them.
    """

    stack: Stack
    entries: list[Entry]
    stop: datetime

    def ask(
        self, query: Asked, values: Mapping[str, str], start: datetime, stop: datetime, window: str = "10m"
    ) -> list[Row]:
        """The rows of a query, filled in as Grafana does, with a column's values as Python's own."""
        return rows(self.answer(query, values, start, stop, window, "datatype"))

    def answer(
        self, query: Asked, values: Mapping[str, str], start: datetime, stop: datetime, window: str, annotation: str
    ) -> str:
        """The answer to a query as CSV with one annotation: `datatype` or `group`."""
        flux = filled(query.flux, values, start, stop, window)
        flux = flux.replace('"telemetry"', f'"{self.stack.target.bucket}"')
        flux = flux.replace('"telemetry-pipeline"', f'"{self.stack.target.bucket}-pipeline"')
        target = self.stack.target
        answer = requests.post(
            f"{target.url}/api/v2/query",
            params={"org": target.org},
            json={"query": flux, "type": "flux", "dialect": {"annotations": [annotation], "header": True}},
            headers={"Authorization": f"Token {target.token}"},
            timeout=60,
        )
        assert answer.status_code == 200, f"{query}: {answer.text}\n{flux}"
        return answer.text

    def stays(self, room: str) -> list[Row]:
        """The room's stays as the API tells them; the simulator holds those against the ward that it simulates."""
        url = f"{self.stack.options.url}/v1/rooms/{room}/stays"
        answer = requests.get(url, headers={"Authorization": f"Bearer {ADMIN}"}, timeout=30)
        return answer.json()["stays"]

    def of(self, *, room: str | None = None, mrn: str | None = None) -> list[Entry]:
        """The readings of a room, a patient or both."""
        return [e for e in self.entries if room in (None, e.room) and mrn in (None, e.mrn)]


def rows(text: str) -> list[Row]:
    """All rows of annotated CSV with datatypes."""
    convert = {"long": int, "double": float, "boolean": lambda v: v == "true", "dateTime:RFC3339": _instant}
    found: list[Row] = []
    for table in text.replace("\r\n", "\n").split("\n\n"):
        lines = list(csv.reader(table.strip().split("\n")))
        if len(lines) < 3:
            continue
        kinds, names = lines[0], lines[1]
        for line in lines[2:]:
            cells = zip(names, kinds, line, strict=True)
            found.append(
                {n: convert.get(k, str)(v) if v != "" else None for n, k, v in cells if n not in ("", "result")}
            )
    return found


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def told(entry: Entry) -> dict[str, Any]:
    """What was acknowledged of a reading, by field."""
    return dict(entry.acknowledged)


def moment(ms: int) -> datetime:
    """Milliseconds since 1970 as an instant."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def query_of(dashboard: str, title: str) -> Asked:
    """The query of that title, as the generated files have it."""
    (found,) = [query for query in asked() if (query.dashboard, query.title) == (dashboard, title)]
    return found


@pytest.fixture(scope="package", params=KINDS)
def simulated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """Six rooms over two nights, with turnovers, clean, so that the ledger is what must be shown."""
    folder: Path = tmp_path_factory.mktemp("dashboards")
    before = {name: os.environ.get(name) for name in TOLD}
    os.environ.update(TOLD)
    try:
        stack = start(folder, free_ports(2), request.param)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    try:
        begin_ms = int(BEGIN.timestamp() * 1000)
        options = fresh(stack.options, folder, "dashboards", rooms=6, hours=HOURS, start_ms=begin_ms, workers=1)
        report = simulate(options)
        assert report.ok, f"{report.to_dict()}"
        entries = sorted(load(folder / "dashboards.jsonl").acknowledged(), key=lambda entry: entry.time_ms or 0)
        last = moment(max(entry.time_ms or 0 for entry in entries))
        yield Simulated(stack, entries, last + timedelta(seconds=1))
    finally:
        stack.close()

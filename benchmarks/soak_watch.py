"""What is looked at while a soak runs: the parts' memory and processor, the disk, the outbox, and who asks questions.

`Watch.look()` takes one sample of a running `bedside up`. A `Screen` is a thread that asks the queries of one dashboard
as Grafana does and again after `refresh_s`, over the time up to now; the screen `ward page` asks the same panels of the
ward page, as a browser does.
"""

import json
import math
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dashboards
import requests
import servers

from grafana.queries import Asked, asked, filled

PARTS = ("ingest", "influxlite", "ward", "up")
UNCACHED = "influxlite without cache"
SHOWN = ("ingest", "influxlite", UNCACHED, "ward", "up")
FILES = {"identity and outbox": "bedside.db*", "log of influxlite": "influx/log/**/*", "points": "influx/**/*"}
GAUGES = {
    "outbox_lines": "bedside_outbox_lines",
    "outbox_oldest_s": "bedside_outbox_oldest_seconds",
    "lag_s": "bedside_forwarding_lag_seconds",
    "queue": "bedside_queue_readings",
    "quarantine": "bedside_quarantine_lines",
}
CACHE = 'influxlite_database_memory_bytes{use="cache"}'
TICKS_A_S = os.sysconf("SC_CLK_TCK")
REFRESH_S = {"ward": 10.0, "room": 15.0, "patient-night": 30.0, "trends": 30.0, "pipeline": 10.0, "alerts": 60.0}
QUERIES_S, PAGE_S = 10.0, 20.0
PATIENCE_S = 300.0
QUERIES = {
    "last value of each series": '|> range(start: -5m) |> filter(fn: (r) => r._measurement == "cpap") |> last()',
    "an hour of the ward by minute": (
        '|> range(start: -1h) |> filter(fn: (r) => r._measurement == "cpap" and r._field == "spo2") '
        "|> aggregateWindow(every: 1m, fn: mean, createEmpty: false)"
    ),
    "ten minutes of a room as they came": (
        '|> range(start: -10m) |> filter(fn: (r) => r._measurement == "cpap" and r.room == "${room:percentencode}")'
    ),
}


@dataclass
class Sample:
    """One look: memory in MB and seconds of processor by part, disk in MB by kind, and the pipeline's gauges.

    The memory of influxlite is there twice: the second time without what DuckDB keeps of its file.
    """

    at_s: float
    memory_mb: dict[str, float]
    cpu_s: dict[str, float]
    disk_mb: dict[str, float]
    gauges: dict[str, float]


class Watch:
    """Looks at the parts of a `bedside up` on `data` again and again; `starts` counts how often each was started."""

    def __init__(self, api: servers.Bedside, up_pid: int) -> None:
        """Nothing is looked at yet."""
        self._api, self._up_pid = api, up_pid
        self._pids: dict[str, int] = {}
        self.starts: dict[str, int] = dict.fromkeys(PARTS, 0)

    def look(self) -> Sample:
        """A sample; a part that is away right now is left out of it."""
        memory, cpu = {}, {}
        for part in PARTS:
            try:
                path = self._api.data / "run" / f"{part}.pid"
                pid = self._up_pid if part == "up" else int(path.read_text())
                memory[part], cpu[part] = of_process(pid)
            except (OSError, ValueError, StopIteration):
                continue
            if self._pids.get(part) != pid:
                self._pids[part] = pid
                self.starts[part] += 1
        if "influxlite" in memory:
            cache = figures(f"{self._api.influx_url}/metrics").get(CACHE, math.nan)
            memory[UNCACHED] = memory["influxlite"] - cache / 1e6
        disk = {kind: megabytes(self._api.data, pattern) for kind, pattern in FILES.items()}
        disk["points"] -= disk["log of influxlite"]
        return Sample(time.time(), memory, cpu, disk, self._gauges())

    def _gauges(self) -> dict[str, float]:
        told = figures(f"{self._api.url}/metrics")
        return {name: told[metric] for name, metric in GAUGES.items() if metric in told}


def figures(url: str) -> dict[str, float]:
    """What a server tells Prometheus, by name and labels; nothing while it does not answer."""
    try:
        text = servers.get(url).decode()
    except (OSError, urllib.error.URLError):
        return {}
    told = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in told}


def of_process(pid: int) -> tuple[float, float]:
    """Resident memory in MB, and seconds of processor since it began."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    resident = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    told = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return resident / 1000, (int(told[11]) + int(told[12])) / TICKS_A_S


def megabytes(folder: Path, pattern: str) -> float:
    """What the files of that pattern come to; one that goes meanwhile counts for nothing."""
    total = 0
    for file in folder.glob(pattern):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except OSError:
            continue
    return total / 1e6


@dataclass
class Screen(threading.Thread):
    """Asks everything that it shows, one after the other, every `refresh_s`; `took` is (Unix time, name, seconds)."""

    name_shown: str
    refresh_s: float
    questions: dict[str, Callable[[], None]]
    took: list[tuple[float, str, float]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Ready to start."""
        super().__init__(daemon=True)
        self.ended = threading.Event()

    def __hash__(self) -> int:
        """As a thread: each is itself alone."""
        return id(self)

    def run(self) -> None:
        """Ask until the end."""
        while not self.ended.is_set():
            round_s = time.monotonic()
            for title, ask in self.questions.items():
                if self.ended.is_set():
                    return
                began, at = time.perf_counter(), time.time()
                try:
                    ask()
                except Exception as fault:
                    self.faults.append(f"{self.name_shown}, {title}: {fault}"[:300])
                else:
                    self.took.append((at, title, time.perf_counter() - began))
            self.ended.wait(max(0.0, self.refresh_s - (time.monotonic() - round_s)))


def screens(api: servers.Bedside, values: Callable[[], dict[str, str]]) -> list[Screen]:
    """All dashboards and the alert rules, a few queries of an analyst's, and the ward page.

    `values` gives the dashboards' variables of this moment: the room, who lies there, and the night.
    """
    token = (api.data / "secrets" / "analyst-token").read_text().strip()
    found = []
    for name, refresh_s in REFRESH_S.items():
        client = Client(api.influx_url, token)
        questions = {
            f"{one.kind} {one.title}": lambda one=one, client=client: client.ask(flux_of(one, values()))
            for one in asked()
            if one.dashboard == name
        }
        found.append(Screen(name, refresh_s, questions))
    client = Client(api.influx_url, token)
    questions = {
        title: lambda rest=rest, client=client: client.ask(bound(f'from(bucket: "{servers.BUCKET}") {rest}', values()))
        for title, rest in QUERIES.items()
    }
    found.append(Screen("queries", QUERIES_S, questions))
    found.append(Screen("ward page", PAGE_S, Page(api, values).questions()))
    return found


def flux_of(query: Asked, values: dict[str, str]) -> str:
    """The query as Grafana sends it now, over the time that its dashboard shows by default."""
    over = dashboards.RANGES.get(query.dashboard, timedelta(minutes=10))
    if query.title == "Silent monitor":
        over = timedelta(days=1)
    now = datetime.now(UTC)
    return filled(query.flux, values, now - over, now, dashboards.WINDOWS[query.dashboard])


def bound(flux: str, values: dict[str, str]) -> str:
    """An analyst's query with the room in its place."""
    now = datetime.now(UTC)
    return filled(flux, values, now, now)


class Client:
    """Asks InfluxDB's API with a token that can only read, over a connection that is kept."""

    def __init__(self, url: str, token: str) -> None:
        """Connect at the first question."""
        self._url = f"{url}/api/v2/query"
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers.update({"Authorization": f"Token {token}", "Content-Type": "application/vnd.flux"})

    def ask(self, flux: str) -> None:
        """Ask; ValueError where it is refused, or where the answer breaks off with an error."""
        answer = self._http.post(self._url, flux.encode(), params={"org": servers.ORG}, timeout=PATIENCE_S)
        if answer.status_code != 200 or b"error,reference" in answer.content:
            raise ValueError(f"{answer.status_code} {answer.text[:200]}")


class Page:
    """A browser that has the ward page open: a session, and what its dashboard asks for."""

    def __init__(self, api: servers.Bedside, values: Callable[[], dict[str, str]]) -> None:
        """Log in."""
        self._url, self._values = api.url, values
        told = {"token": servers.token(api, "clinician"), "who": "Soak"}
        request = self._request("/ward/api/session", told, {})
        with urllib.request.urlopen(request, timeout=30) as answer:
            self._cookie = answer.headers["Set-Cookie"].split(";", 1)[0]

    def questions(self) -> dict[str, Callable[[], None]]:
        """Each panel of the Ward dashboard."""
        board = json.loads((servers.ROOT / "grafana/generated/dashboards/ward.json").read_text())
        return {
            panel["title"]: lambda number=panel["id"]: self._panel(number)
            for panel in board["panels"]
            if panel.get("targets")
        }

    def _panel(self, number: int) -> None:
        now_ms = int(time.time() * 1000)
        since_ms = now_ms - int(dashboards.RANGES["ward"].total_seconds() * 1000)
        asked_for = {"dashboard": "bedside-ward", "panel": number, "from": since_ms, "to": now_ms, "points": 1000}
        told = self._call("/ward/api/query", asked_for | {"variables": {}}, {"Cookie": self._cookie})
        if told["problems"]:
            raise ValueError(str(told["problems"]))

    def _request(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> urllib.request.Request:
        more = {"Content-Type": "application/json", "X-Bedside-Ward": "1"}
        return urllib.request.Request(self._url + path, json.dumps(body).encode(), more | headers)

    def _call(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict:
        with urllib.request.urlopen(self._request(path, body, headers), timeout=PATIENCE_S) as answer:
            return json.loads(answer.read())

"""A ward under load: dashboards that ask while readings come in. Used by a test, and by `benchmarks/under_load.py`.

ward = Ward(rooms=40, hours=8)
ward.fill(influx, bucket)                 what was measured before
quiet = ward.answers(influx, bucket)      what the panels show, while nothing comes in
Incoming(influx, bucket, ward, …)         readings, as many a second as are asked for
Dashboard(influx, bucket, panels, quiet)  a thread that asks its panels again and again, and holds the answers
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from tests.influx_servers import ANNOTATIONS, Influx
from tests.influxlite.conformance.annotated_csv import difference, tables

QUERIES = Path(__file__).parents[2] / "benchmarks" / "ward_queries.json"
START_S = 1_768_003_200  # 2026-01-10
FIELDS = 6
DASHBOARDS = 8
BATCH_LINES = 1_000
PATIENCE_S = 300.0


def shown(instant_s: float) -> str:
    """An instant as Flux writes it."""
    return datetime.fromtimestamp(instant_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Panel:
    """A query of a dashboard. `rounded`: its answer estimates, and is held to two decimals."""

    name: str
    script: str
    rounded: bool = False


@dataclass(frozen=True)
class Ward:
    """Rooms that were measured once a minute for some hours."""

    rooms: int
    hours: int

    @property
    def stop_s(self) -> int:
        """When what was measured before ends, and what comes in begins."""
        return START_S + self.hours * 3600

    def line(self, room: int, number: int, at_ms: int) -> str:
        """A reading of six fields; values differ by room and number."""
        n = number * self.rooms + room
        return (
            f"cpap,mrn={5000 + room},room={101 + room} breath_rate={12 + n * 7919 % 701 / 100:.2f},"
            f"cpap_pressure={8 + (number // 17 + room) % 9 * 0.5:.1f},apnea_count={n * 31 % 23 // 19}i,"
            f"leak_rate={n * 6_151 % 997 * (1 + room % 7) / 100:.2f},spo2={97 - n * 4_409 % 83 // 10}.0,"
            f"mask_on={'true' if n % 311 else 'false'} {at_ms}"
        )

    def fill(self, influx: Influx, bucket: str) -> None:
        """Write what was measured before."""
        found = [
            self.line(room, minute, (START_S + minute * 60) * 1000)
            for minute in range(self.hours * 60)
            for room in range(self.rooms)
        ]
        for start in range(0, len(found), 5 * BATCH_LINES):
            answer = influx.write(bucket, "\n".join(found[start : start + 5 * BATCH_LINES]), "ms")
            assert answer.status_code == 204, answer.text

    def panels(self, bucket: str) -> list[Panel]:
        """The ward's queries over what was measured before."""
        instants = {
            "start": START_S,
            "stop": self.stop_s,
            "day": START_S + self.hours * 1800,
            "hour": self.stop_s - 3600,
        }
        found = []
        for query in json.loads(QUERIES.read_text()):
            text = query["query"].replace("{mrn}", str(5000 + self.rooms // 3)).replace('"telemetry"', f'"{bucket}"')
            for name, at in instants.items():
                text = text.replace("{" + name + "}", shown(at))
            found.append(Panel(query["name"], text, query.get("compare") == "digest"))
        return found

    def answers(self, influx: Influx, bucket: str) -> dict[str, str]:
        """What each panel shows now."""
        return {panel.name: ask(influx, panel.script) for panel in self.panels(bucket)}


def ask(influx: Influx, script: str, session: requests.Session | None = None) -> str:
    """The answer of a query; AssertionError where it is no good one."""
    body = {"query": script, "type": "flux", "dialect": {"header": True, "annotations": list(ANNOTATIONS)}}
    answer = (session or requests).post(
        f"{influx.url}/api/v2/query",
        params={"org": influx.org},
        headers={"Authorization": f"Token {influx.token}"},
        json=body,
        timeout=PATIENCE_S,
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def unlike(panel: Panel, want: str, got: str) -> str | None:
    """How an answer differs from the one before."""
    if panel.rounded:
        want, got = (re.sub(r"(?<=,)\d+\.\d+(?=[,\r\n])", lambda m: f"{float(m[0]):.2f}", text) for text in (want, got))
    return difference(want, got)


@dataclass
class Incoming:
    """Readings that come in after what was measured before, `lines_per_s` of them, over some connections."""

    influx: Influx
    bucket: str
    ward: Ward
    lines_per_s: int
    seconds: float
    connections: int = 2
    all_took_s: float = 0.0
    sent: int = 0
    acknowledged: int = 0
    took_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nothing is sent yet."""
        self._lock = threading.Lock()
        self._numbers = self._batches()
        self._began = 0.0

    def _batches(self) -> Iterator[tuple[int, str]]:
        """The batches and their numbers; a line's instant is its own."""
        total = int(self.lines_per_s * self.seconds)
        for number, start in enumerate(range(0, total, BATCH_LINES)):
            lines = []
            for i in range(start, min(start + BATCH_LINES, total)):
                tick, room = divmod(i, self.ward.rooms)
                lines.append(self.ward.line(room, self.ward.hours * 60 + tick, self.ward.stop_s * 1000 + tick * 20))
            yield number, "\n".join(lines)

    def run(self) -> None:
        """Send all of it, none before its time; returns when the last is acknowledged or refused."""
        self._began = time.monotonic()
        threads = [threading.Thread(target=self._send) for _ in range(self.connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.all_took_s = time.monotonic() - self._began

    def _send(self) -> None:
        session = requests.Session()
        while True:
            with self._lock:
                number, text = next(self._numbers, (0, ""))
            if not text:
                return
            count = text.count("\n") + 1
            due = self._began + number * BATCH_LINES / self.lines_per_s
            time.sleep(max(due - time.monotonic(), 0.0))
            with self._lock:
                self.sent += count
            began = time.monotonic()
            answer = session.post(
                f"{self.influx.url}/api/v2/write",
                params={"org": self.influx.org, "bucket": self.bucket, "precision": "ms"},
                headers={"Authorization": f"Token {self.influx.token}"},
                data=text.encode(),
                timeout=PATIENCE_S,
            )
            with self._lock:
                self.took_s.append(time.monotonic() - began)
                if answer.status_code == 204:
                    self.acknowledged += count
                else:
                    self.faults.append(f"{answer.status_code}: {answer.text[:300]}")

    def counted(self) -> int:
        """How many of the readings that came in a query finds: the values of all fields."""
        script = (
            f'from(bucket: "{self.bucket}") |> range(start: {shown(self.ward.stop_s)}) |> count() |> group() |> sum()'
        )
        return sum(int(row["_value"]) for table in tables(ask(self.influx, script)).values() for row in table.rows)


class Dashboard(threading.Thread):
    """Asks its panels in rounds until it is told to end, at least one round; `faults` tells what was wrong.

    With `incoming` it also looks at what comes in: a query finds all that was acknowledged before it was asked.
    """

    def __init__(
        self,
        influx: Influx,
        panels: list[Panel],
        quiet: dict[str, str],
        incoming: Incoming | None = None,
        *,
        refresh_s: float = 0.0,
    ) -> None:
        """Ready to start."""
        super().__init__(daemon=True)
        self.influx, self.panels, self.quiet, self.incoming = influx, panels, quiet, incoming
        self.refresh_s = refresh_s
        self.ended = threading.Event()
        self.faults: list[str] = []
        self.took_s: dict[str, list[float]] = {panel.name: [] for panel in panels}
        self.rounds = 0

    def run(self) -> None:
        """Ask until the end."""
        session = requests.Session()
        while not self.rounds or not self.ended.is_set():
            began = time.monotonic()
            try:
                self._round(session)
            except Exception as fault:
                self.faults.append(f"{type(fault).__name__}: {fault}")
                return
            self.rounds += 1
            self.ended.wait(max(self.refresh_s - (time.monotonic() - began), 0.0))

    def _round(self, session: requests.Session) -> None:
        for panel in self.panels:
            began = time.monotonic()
            answer = ask(self.influx, panel.script, session)
            self.took_s[panel.name].append(time.monotonic() - began)
            wrong = unlike(panel, self.quiet[panel.name], answer)
            if wrong is not None:
                self.faults.append(f"{panel.name}: {wrong}")
        if self.incoming is not None:
            least = self.incoming.acknowledged * FIELDS
            found = self.incoming.counted()
            if not least <= found <= self.incoming.sent * FIELDS:
                self.faults.append(f"{found} values are found, {least} were acknowledged before")


def dashboards(
    influx: Influx, panels: list[Panel], quiet: dict[str, str], incoming: Incoming | None, **options: Any
) -> list[Dashboard]:
    """Eight dashboards that share the panels out, each with seven or more of them."""
    size = max(7, -(-len(panels) // DASHBOARDS))
    found = []
    for number in range(DASHBOARDS):
        mine = [panels[(number * 3 + i) % len(panels)] for i in range(size)]
        found.append(Dashboard(influx, mine, quiet, incoming, **options))
    return found

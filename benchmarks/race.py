"""influxlite against a real InfluxDB 2: the same lines, the same queries, in one run on one machine.

    python benchmarks/race.py [--rooms 160] [--days 5] [--repeats 9] [--only NAME …] [--folder DIR] [--write FILE]

Loads a reading a minute of six fields, in batches of 5,000 lines, into `influxd` from the PATH and into influxlite;
waits until both have compacted; then asks the queries of `ward_queries.json`, checks that the answers agree, and
compares the medians. Both servers run all the time, and load and questions go to the one and the other by turns, so
that whatever else the machine does meets both alike. With `--folder` the data stay there and are not loaded again.
`--write` puts the figures into a table, such as docs/benchmarks-influxlite.md, and a plot of them beside it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import math
import os
import re
import shlex
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import race_plot
import servers

from tests.influxlite.conformance.annotated_csv import difference

LINES, CONNECTIONS, ROUNDS = 5_000, 4, 6
START_S, MINUTES_A_DAY = 1_768_003_200, 1_440  # 2026-01-10
SETTLED_S, PATIENCE_S = 14.0, 180.0
HERE = Path(__file__).parent


@dataclass
class Figures:
    """What was measured of one server."""

    lines_per_s: float = 0.0
    disk_mb: float = 0.0
    loaded_mb: float = 0.0
    queried_mb: float = 0.0
    medians_ms: dict[str, float] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)


class Client:
    """One kept connection."""

    def __init__(self, influx: servers.Influx) -> None:
        """Connect at the first request."""
        address = urllib.parse.urlsplit(influx.url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=300)

    def post(self, path: str, body: bytes, kind: str) -> bytes:
        """The answer; anything but a 2xx ends the benchmark."""
        headers = {"Authorization": f"Token {servers.TOKEN}", "Content-Type": kind}
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 204):
            raise SystemExit(f"{answer.status}: {text[:300]!r}")
        return text


def lines(minutes: int, rooms: int) -> Iterator[bytes]:
    """Batches of line protocol, minute by minute, every room in each; values differ by room and repeat nowhere."""
    batch: list[str] = []
    for minute in range(minutes):
        for room in range(rooms):
            n = minute * rooms + room
            batch.append(
                f"cpap,mrn={5000 + room},room={101 + room} breath_rate={12 + n * 7919 % 701 / 100:.2f},"
                f"cpap_pressure={8 + (minute // 17 + room) % 9 * 0.5:.1f},apnea_count={n * 31 % 23 // 19}i,"
                f"leak_rate={n * 6_151 % 997 * (1 + room % 7) / 100:.2f},spo2={97 - n * 4_409 % 83 // 10}.0,"
                f"mask_on={'true' if n % 311 else 'false'} {(START_S + minute * 60) * 1000}"
            )
            if len(batch) == LINES:
                yield "\n".join(batch).encode()
                batch = []
    if batch:
        yield "\n".join(batch).encode()


def load(influx: servers.Influx, bodies: list[bytes]) -> float:
    """Write all batches over a few connections; seconds."""
    todo, lock = iter(bodies), threading.Lock()
    path = influx.write_url.removeprefix(influx.url)
    faults: list[BaseException] = []

    def work() -> None:
        client = Client(influx)
        while True:
            with lock:
                body = next(todo, None)
            if body is None:
                return
            try:
                client.post(path, body, "text/plain; charset=utf-8")
            except BaseException as fault:
                faults.append(fault)
                return

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return time.perf_counter() - began


def disk_mb(folder: Path) -> float:
    """Megabytes of all files below a folder."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += file.stat().st_size if file.is_file() else 0
    return total / 1e6


def resident_mb(pid: int) -> float:
    """Resident memory of a process and its children, in megabytes."""
    total, open_pids = 0, [pid]
    while open_pids:
        one = open_pids.pop()
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{one}/status").read_text()
            total += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
            for task in Path(f"/proc/{one}/task").iterdir():
                open_pids += map(int, (task / "children").read_text().split())
    return total / 1e3


def settle(folder: Path) -> float:
    """Wait until the files of a server stay as they are; their megabytes."""
    began = quiet = time.monotonic()
    size = disk_mb(folder)
    while time.monotonic() - quiet < SETTLED_S and time.monotonic() - began < PATIENCE_S:
        time.sleep(1)
        now = disk_mb(folder)
        if now != size:
            size, quiet = now, time.monotonic()
    return size


def scripts(days: int, only: list[str]) -> list[dict[str, str]]:
    """The queries with their times and patient filled in."""
    stop = START_S + days * MINUTES_A_DAY * 60
    instants = {"start": START_S, "stop": stop, "day": stop - 86_400, "hour": stop - 3_600}
    out = []
    for query in json.loads((HERE / "ward_queries.json").read_text()):
        if only and query["name"] not in only:
            continue
        text = query["query"].replace("{mrn}", "5017")
        for name, at in instants.items():
            text = text.replace("{" + name + "}", datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        out.append({**query, "query": text})
    return out


@dataclass
class Runner:
    """One of the two: its server, its folder, and what was measured of it."""

    influx: servers.Influx
    folder: Path
    figures: Figures = field(default_factory=Figures)


def ask(runners: list[Runner], queries: list[dict[str, str]], repeats: int) -> None:
    """Each query `repeats` times of each by turns, after one that does not count."""
    clients = [(Client(runner.influx), runner.figures) for runner in runners]
    path = f"/api/v2/query?org={servers.ORG}"
    for query in queries:
        dialect = {"header": True, "annotations": ["datatype", "group", "default"]}
        body = json.dumps({"query": query["query"], "type": "flux", "dialect": dialect}).encode()
        took: list[list[float]] = [[] for _ in clients]
        for client, figures in clients:
            figures.answers[query["name"]] = client.post(path, body, "application/json").decode()
        for _ in range(repeats):
            for times, (client, _figures) in zip(took, clients, strict=True):
                began = time.perf_counter()
                client.post(path, body, "application/json")
                times.append(time.perf_counter() - began)
        for times, (_client, figures) in zip(took, clients, strict=True):
            figures.medians_ms[query["name"]] = statistics.median(times) * 1000


def fill(runners: list[Runner], bodies: list[bytes]) -> None:
    """Load all batches into each, a part of them by turns, and wait until both have compacted."""
    seconds = [0.0 for _ in runners]
    size = -(-len(bodies) // ROUNDS)
    for start in range(0, len(bodies), size):
        for i, runner in enumerate(runners):
            seconds[i] += load(runner.influx, bodies[start : start + size])
    count = sum(body.count(b"\n") + 1 for body in bodies)
    for runner, took in zip(runners, seconds, strict=True):
        runner.figures.lines_per_s = count / took
        runner.figures.disk_mb = settle(runner.folder)


def agreement(query: dict[str, str], want: str, got: str) -> str | None:
    """The first difference of two answers. Digests only estimate: theirs may differ by a thousandth."""
    if query.get("compare") == "digest":
        want, got = (re.sub(r"(?<=,)\d+\.\d+(?=,)", lambda m: f"{float(m[0]):.2f}", text) for text in (want, got))
    return difference(want, got)


def table(queries: list[dict[str, str]], real: Figures, lite: Figures) -> tuple[list[str], float]:
    """The table's rows, and the geometric mean of the ratios."""
    rows = ["| query | what | InfluxDB ms | influxlite ms | ratio |", "| --- | --- | ---: | ---: | ---: |"]
    ratios = []
    for query in queries:
        name = query["name"]
        a, b = real.medians_ms[name], lite.medians_ms[name]
        ratios.append(b / a)
        rows.append(f"| {name} | {query['about']} | {a:.1f} | {b:.1f} | {b / a:.2f} |")
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    rows.append(f"| geometric mean | | | | {mean:.2f} |")
    return rows, mean


def others(real: Figures, lite: Figures) -> list[str]:
    """The figures that are not of queries."""
    rows = ["| what | InfluxDB | influxlite | ratio |", "| --- | ---: | ---: | ---: |"]
    for about, name in (
        ("lines/s, durable, batches of 5,000", "lines_per_s"),
        ("disk after compaction, MB", "disk_mb"),
        ("memory after loading, MB", "loaded_mb"),
        ("memory after querying, MB", "queried_mb"),
    ):
        a, b = getattr(real, name), getattr(lite, name)
        if a and b:
            rows.append(f"| {about} | {a:,.0f} | {b:,.0f} | {b / a:.2f} |")
    return rows


def page(command: str, options: argparse.Namespace, rows: list[str], more: list[str], wrong: list[str]) -> str:
    """The page of figures."""
    values = options.rooms * options.days * MINUTES_A_DAY * 6
    disagree = f"{len(wrong)} answers differ: {', '.join(wrong)}." if wrong else "All answers agree."
    return "\n".join(
        [
            "# influxlite beside InfluxDB",
            "",
            f"{options.rooms} rooms, {options.days} days, a reading a minute of six fields: {values:,} values. Both",
            f"servers on one machine with {os.cpu_count()} cores, in one run, by turns; medians of {options.repeats}",
            f"over one connection, load over {CONNECTIONS}. {disagree} Made by",
            "",
            f"    {command}",
            "",
            *rows,
            "",
            *more,
            "",
        ]
    )


def settling_influxdb(folder: Path) -> contextlib.AbstractContextManager[servers.Influx | None]:
    """InfluxDB that compacts what it holds after seconds, where it would wait for minutes and hours."""
    return servers.influxdb(
        folder,
        "--storage-cache-snapshot-write-cold-duration=5s",
        "--storage-compact-full-write-cold-duration=5s",
    )


def main() -> None:
    """Run the race."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rooms", type=int, default=160)
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    queries = scripts(options.days, options.only)
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="race-")))
        loaded = (folder / "loaded").exists()
        bodies = None if loaded else list(lines(options.days * MINUTES_A_DAY, options.rooms))
        runners: list[Runner] = []
        for name, start in (("influxdb", settling_influxdb), ("influxlite", servers.influxlite)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            influx = stack.enter_context(start(folder / name))
            if influx is None:
                raise SystemExit("there is no influxd on the PATH to race against")
            runners.append(Runner(influx, folder / name))
        if bodies is not None:
            fill(runners, bodies)
        for runner in runners:
            runner.figures.loaded_mb = resident_mb(runner.influx.pid)
        ask(runners, queries, options.repeats)
        for runner in runners:
            runner.figures.queried_mb = resident_mb(runner.influx.pid)
        (folder / "loaded").touch()
    real, lite = (runner.figures for runner in runners)
    wrong = []
    for query in queries:
        problem = agreement(query, real.answers[query["name"]], lite.answers[query["name"]])
        if problem is not None:
            wrong.append(query["name"])
            print(f"{query['name']} differs: {problem[:400]}")
    rows, mean = table(queries, real, lite)
    command = shlex.join(["python", "benchmarks/race.py", *sys.argv[1:]])
    text = page(command, options, rows, others(real, lite), wrong)
    print(text)
    if options.write:
        plot = options.write.with_suffix(".svg")
        race_plot.draw(plot, real.medians_ms, lite.medians_ms, mean)
        options.write.write_text(f"{text}\n![Each query's median on both servers]({plot.name})\n")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

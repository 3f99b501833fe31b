"""Times every query of every dashboard and alert rule on influxlite, for 100 rooms and 30 nights.

    .venv/bin/python benchmarks/dashboards.py [--rooms 100] [--nights 30] [--repeats 5] [--folder FOLDER] [--influxdb]

A ward is written to influxlite by line protocol: each room a reading of six fields a minute, a turnover in a third of
the rooms each noon, stays, and the pipeline's own state. Then each query is asked as Grafana asks it, over the time
that its dashboard shows by default, ending with the last reading; medians of the repeats, after one that is not
counted. With `--folder` the data stay there and are not written again. `--influxdb` takes the `influxd` of the PATH.
"""

import argparse
import contextlib
import json
import math
import random
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import race
import servers

from grafana.queries import Asked, asked, filled

STOP = datetime(2026, 2, 10, 4, 0, tzinfo=UTC)
RANGES = {
    "ward": timedelta(hours=12),
    "room": timedelta(days=3),
    "patient-night": timedelta(hours=17),
    "trends": timedelta(days=30),
    "pipeline": timedelta(hours=6),
}
WINDOWS = {"ward": "1m", "room": "5m", "patient-night": "1m", "trends": "30m", "pipeline": "1m", "alerts": "1m"}
BATCH = 5_000
PIPELINE = "telemetry-pipeline"
GEOMETRIC_MS, MOST_MS = 50.0, 400.0


def patients(rooms: int, nights: int) -> dict[int, list[tuple[int, str]]]:
    """Who lies in each room: (first minute, MRN), a third of the rooms anew at each noon."""
    chance, number = random.Random(7), 5000
    found: dict[int, list[tuple[int, str]]] = {}
    for room in range(rooms):
        number += 1
        found[room] = [(0, str(number))]
        for night in range(1, nights):
            if chance.random() < 1 / 3 and room:  # the first room's patient stays: a year's trend needs one
                number += 1
                found[room].append((night * 1440, str(number)))
    return found


def lines(rooms: int, nights: int) -> Iterator[str]:
    """The whole ward in line protocol, milliseconds, in the order of time."""
    chance = random.Random(8)
    begin_ms = int((STOP - timedelta(days=nights)).timestamp() * 1000)
    stays = patients(rooms, nights)
    values = [
        f"cpap_pressure={8 + i % 40 / 10},breath_rate={12 + i % 60 / 10},apnea_count={max(0, i % 30 - 27)}i,"
        f"leak_rate={i % 260 / 10},spo2={89 + i % 90 / 10},mask_on={'true' if i % 9 else 'false'}"
        for i in range(1000)
    ]
    lying = {room: iter(told) for room, told in stays.items()}
    now = dict.fromkeys(range(rooms), "")
    following = {room: next(told) for room, told in lying.items()}
    for minute in range(nights * 1440):
        at = begin_ms + minute * 60_000
        for room in range(rooms):
            while following[room] and following[room][0] <= minute:
                if now[room]:
                    yield f'stay,mrn={now[room]},room={room + 101} event="left" {at}'
                now[room] = following[room][1]
                yield f'stay,mrn={now[room]},room={room + 101} event="admitted" {at}'
                following[room] = next(lying[room], (10**9, ""))
            yield f"cpap,mrn={now[room]},room={room + 101} {values[chance.randrange(1000)]} {at + room * 97}"


def pipeline(rooms: int, nights: int) -> bytes:
    """What the pipeline tells of itself in the last two days, every five minutes."""
    begin_ms = int((STOP - timedelta(days=nights)).timestamp() * 1000)
    return "\n".join(
        f"bedside readings_accepted={minute * rooms}i,readings_duplicate=0i,readings_rejected={minute // 9}i,"
        f"readings_late=0i,readings_mismatch=0i,room_moves=3i,outbox_lines=0i,outbox_oldest_s=0,queue_readings=0i,"
        f"forwarding_lag_s=0.2,quarantine_lines=0i,rooms_flapping=0i,"
        f'timezone="Europe/Zurich" {begin_ms + minute * 60_000}'
        for minute in range(max(0, nights - 2) * 1440, nights * 1440, 5)
    ).encode()


def write(influx: servers.Influx, rooms: int, nights: int) -> float:
    """Write the ward and, to a bucket of its own, what the pipeline tells; seconds for the ward."""
    client = race.Client(influx)
    (org,) = json.loads(servers.get(f"{influx.url}/api/v2/orgs?org={servers.ORG}"))["orgs"]
    bucket = {"orgID": org["id"], "name": PIPELINE, "retentionRules": []}
    headers = {"Authorization": f"Token {servers.TOKEN}", "Content-Type": "application/json"}
    made = urllib.request.Request(f"{influx.url}/api/v2/buckets", json.dumps(bucket).encode(), headers)
    urllib.request.urlopen(made).close()
    told = f"/api/v2/write?org={servers.ORG}&bucket={PIPELINE}&precision=ms"
    client.post(told, pipeline(rooms, nights), "text/plain; charset=utf-8")
    return race.load(influx, list(bodies(rooms, nights)))


def bodies(rooms: int, nights: int) -> Iterator[bytes]:
    """The same in batches."""
    batch: list[str] = []
    for line in lines(rooms, nights):
        batch.append(line)
        if len(batch) == BATCH:
            yield "\n".join(batch).encode()
            batch.clear()
    yield "\n".join(batch).encode()


def flux_of(query: Asked) -> str:
    """The query as Grafana sends it for the first room and its patient."""
    values = {"room": "101", "mrn": "5001", "night": "2026-02-07", "timezone": "Europe/Zurich"}
    over = RANGES.get(query.dashboard, timedelta(minutes=10))
    if query.title == "Silent monitor":
        over = timedelta(days=1)
    return filled(query.flux, values, STOP - over, STOP, WINDOWS[query.dashboard])


def measure(influx: servers.Influx, repeats: int) -> list[tuple[Asked, float, int]]:
    """Each query with its median in ms and the bytes of its answer."""
    client = race.Client(influx)
    path = f"/api/v2/query?org={servers.ORG}"
    found = []
    for query in asked():
        flux = flux_of(query).encode()
        times, size = [], 0
        for _ in range(repeats + 1):
            began = time.perf_counter()
            size = len(client.post(path, flux, "application/vnd.flux"))
            times.append((time.perf_counter() - began) * 1000)
        found.append((query, statistics.median(times[1:]), size))
    return found


def report(found: list[tuple[Asked, float, int]]) -> None:
    """Print the table, the slowest first, and what is asked for."""
    print("| dashboard | query | ms | answer, kB |\n| --- | --- | ---: | ---: |")
    for query, ms, size in sorted(found, key=lambda row: -row[1]):
        print(f"| {query.dashboard} | {query.title} | {ms:.1f} | {size / 1000:.1f} |")
    mean = math.exp(statistics.fmean(math.log(ms) for _, ms, _ in found))
    slow = [query.title for query, ms, _ in found if ms > MOST_MS]
    print(f"\n{len(found)} queries, geometric mean {mean:.1f} ms (asked: {GEOMETRIC_MS:.0f}), ", end="")
    print(f"over {MOST_MS:.0f} ms: {', '.join(slow) or 'none'}")


def main() -> None:
    """Write, ask, print."""
    parser = argparse.ArgumentParser(description="Time every query of every dashboard.")
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--influxdb", action="store_true", help="the influxd of the PATH instead of influxlite")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        start = servers.influxdb if options.influxdb else servers.influxlite
        influx = stack.enter_context(start(folder))
        if influx is None:
            raise SystemExit("there is no influxd on the PATH")
        if not (folder / "loaded").exists():
            seconds = write(influx, options.rooms, options.nights)
            print(f"{options.rooms * options.nights * 1440:,} readings written in {seconds:.0f} s", file=sys.stderr)
            race.settle(folder)
            (folder / "loaded").touch()
        report(measure(influx, options.repeats))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How fast readings get in, durably: Bedside beside a real InfluxDB, in one run on one machine.

    .venv/bin/python benchmarks/ingest.py [--quick] [--history N]

1. Single posts over 32 connections: JSON readings to `/v1/readings`, and the same readings as line protocol, one a
   request, straight to InfluxDB. Both answer after the write is on disk.
2. Batches of 1,000 end to end: NDJSON to `/v1/readings` until the forwarder has delivered the last one, and the same
   lines straight to InfluxDB in batches of 1,000.
3. Single posts and batches on an empty database and on one that holds `--history` readings (10 million unless --quick).

Each figure is the median of several rounds; A and B take turns, so that a machine whose speed drifts slows both.
A real InfluxDB is taken from the PATH (`influxd`); without one the columns that need it are left out.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import servers
from load import Outcome, post, request

CONNECTIONS = 32
BATCH = 1000
NDJSON = "application/x-ndjson"
ROOMS = 160


class Readings:
    """An endless ward: a reading a minute and room, each once, in the order of time."""

    def __init__(self, begin: datetime) -> None:
        self._minute = begin
        self._room = 0

    def take(self, count: int) -> list[dict[str, object]]:
        """The next readings."""
        return [self._next() for _ in range(count)]

    def _next(self) -> dict[str, object]:
        room = self._room
        n = self._minute.minute + room
        reading = {
            "room": 100 + room,
            "mrn": 5000 + room,
            "time": self._minute.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "cpap_pressure": 8.0 + n % 40 / 10,
            "breath_rate": 12.0 + n % 60 / 10,
            "apnea_count": n % 3,
            "leak_rate": 5.0 + n % 200 / 10,
            "spo2": 92.0 + n % 7,
            "mask_on": True,
        }
        self._room = (room + 1) % ROOMS
        if self._room == 0:
            self._minute += timedelta(seconds=1)
        return reading


def as_line(reading: dict[str, object]) -> bytes:
    """The point that Bedside makes of a reading, in milliseconds."""
    moment = datetime.fromisoformat(str(reading["time"]))
    fields = ",".join(
        f"{name}={str(value).lower() if isinstance(value, bool) else value}{'i' if type(value) is int else ''}"
        for name, value in reading.items()
        if name not in ("room", "mrn", "time")
    )
    return f"cpap,mrn={reading['mrn']},room={reading['room']} {fields} {int(moment.timestamp() * 1000)}".encode()


def checked(outcome: Outcome, *expected: int) -> Outcome:
    """The outcome, or the end of the run where a server answered anything unexpected."""
    strange = {status: count for status, count in outcome.statuses.items() if status not in expected}
    if strange:
        raise SystemExit(f"unexpected answers: {strange}")
    return outcome


def single_to_bedside(api: servers.Bedside, readings: list[dict[str, object]]) -> Outcome:
    """One POST a reading over 32 connections."""
    url = f"{api.url}/v1/readings"
    requests = [request(url, servers.TOKEN, json.dumps(r).encode(), "application/json") for r in readings]
    return checked(post(url, requests, CONNECTIONS), 201)


def single_to_influx(influx: servers.Influx, readings: list[dict[str, object]]) -> Outcome:
    """One POST a line over 32 connections."""
    requests = [request(influx.write_url, servers.TOKEN, as_line(r), "text/plain") for r in readings]
    return checked(post(influx.write_url, requests, CONNECTIONS), 204)


def batches_to_bedside(api: servers.Bedside, readings: list[dict[str, object]]) -> Outcome:
    """NDJSON in batches, until the last reading is in InfluxDB."""
    url = f"{api.url}/v1/readings"
    bodies = (b"\n".join(json.dumps(r).encode() for r in part) for part in in_batches(readings))
    outcome = checked(post(url, [request(url, servers.TOKEN, body, NDJSON) for body in bodies], 2), 200)
    began = time.perf_counter()
    wait_until_forwarded(api)
    outcome.seconds += time.perf_counter() - began
    return outcome


def batches_to_influx(influx: servers.Influx, readings: list[dict[str, object]]) -> Outcome:
    """Line protocol in batches of the same size."""
    bodies = (b"\n".join(map(as_line, part)) for part in in_batches(readings))
    requests = [request(influx.write_url, servers.TOKEN, body, "text/plain") for body in bodies]
    return checked(post(influx.write_url, requests, 2), 204)


def in_batches(readings: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    """Slices of BATCH readings."""
    return (readings[start : start + BATCH] for start in range(0, len(readings), BATCH))


def wait_until_forwarded(api: servers.Bedside) -> None:
    """Until the outbox is empty."""
    while True:
        for line in servers.get(f"{api.url}/metrics").decode().splitlines():
            if line.startswith("bedside_outbox_lines ") and float(line.split()[1]) == 0:
                return
        time.sleep(0.02)


def median(values: list[float]) -> float:
    """The middle one, as a float."""
    return float(statistics.median(values))


def measure(api: servers.Bedside, influx: servers.Influx | None, ward: Readings, *, rounds: int, size: int) -> dict:
    """Rates in readings per second, rounds taking turns."""
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        readings = ward.take(size)
        outcome = single_to_bedside(api, readings)
        found.setdefault("single", []).append(outcome.rate)
        found.setdefault("single_p50_ms", []).append(outcome.percentile_ms(0.5))
        found.setdefault("single_p99_ms", []).append(outcome.percentile_ms(0.99))
        wait_until_forwarded(api)
        if influx is not None:
            found.setdefault("influx_single", []).append(single_to_influx(influx, readings).rate)
        readings = ward.take(size * 20)
        found.setdefault("batch", []).append(batches_to_bedside(api, readings).rate * BATCH)
        if influx is not None:
            found.setdefault("influx_batch", []).append(batches_to_influx(influx, readings).rate * BATCH)
    return {name: median(values) for name, values in found.items()}


def fill(api: servers.Bedside, ward: Readings, count: int) -> None:
    """Post history through the front door, and say how it goes."""
    began = time.perf_counter()
    for done in range(0, count, 500_000):
        batches_to_bedside(api, ward.take(min(500_000, count - done)))
        so_far = done + min(500_000, count - done)
        print(f"  {so_far:,} of {count:,} readings, {so_far / (time.perf_counter() - began):,.0f}/s", flush=True)


def report(empty: dict, full: dict, target: str, history: int) -> str:
    """The figures as a table in Markdown."""
    rows = [
        ("single posts, 32 connections (/s)", "single", "influx_single"),
        ("batches of 1,000, end to end (readings/s)", "batch", "influx_batch"),
    ]
    lines = [
        f"| Bedside → {target} | empty | with {history:,} readings | ratio | InfluxDB direct | Bedside / InfluxDB |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for label, ours, theirs in rows:
        direct, share = "–", "–"
        if theirs in empty:
            direct, share = f"{empty[theirs]:,.0f}", f"{empty[ours] / empty[theirs]:.2f}"
        ratio = f"{full[ours] / empty[ours]:.2f}" if full else "–"
        then = f"{full[ours]:,.0f}" if full else "–"
        lines.append(f"| {label} | {empty[ours]:,.0f} | {then} | {ratio} | {direct} | {share} |")
    for name in ("single_p50_ms", "single_p99_ms"):
        then = f"{full[name]:.1f}" if full else "–"
        lines.append(f"| single posts, {name[7:10]} latency (ms) | {empty[name]:.1f} | {then} | | | |")
    return "\n".join(lines)


def main() -> None:
    """Run everything and print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="fewer rounds and no history: a look, not a figure")
    options.add_argument("--history", type=int, default=10_000_000, help="readings in the full database")
    given = options.parse_args()
    rounds, size = (2, 5_000) if given.quick else (5, 10_000)
    with tempfile.TemporaryDirectory(prefix="bedside-benchmark-") as name:
        folder = Path(name)
        with servers.influxdb(folder / "influxdb") as influx, servers.bedside(folder / "data") as api:
            ward = Readings(datetime.now(UTC).replace(microsecond=0) - timedelta(days=20))
            measure(api, None, ward, rounds=1, size=1_000)  # warm
            empty = measure(api, influx, ward, rounds=rounds, size=size)
            print(report(empty, {}, "influxlite", 0), flush=True)
            if not given.quick:
                fill(api, ward, given.history)
                full = measure(api, influx, ward, rounds=rounds, size=size)
                print(report(empty, full, "influxlite", given.history), flush=True)
        if influx is not None:
            with servers.influxdb(folder / "second") as other, servers.bedside(folder / "other", other) as api:
                print(report(measure(api, other, ward, rounds=rounds, size=size), {}, "InfluxDB", 0))


if __name__ == "__main__":
    main()

"""How fast lines are stored: batches of 5,000, and single lines from 32 connections; influxlite, and a real InfluxDB.

    python benchmarks/influxlite_write.py [--batches 200] [--seconds 8] [--json FILE]

influxlite runs on a folder of its own. A real InfluxDB is measured in the same run where one is given by
BEDSIDE_TEST_INFLUX_URL, _ORG and _TOKEN or by an `influxd` on the PATH. The clients are threads of this process; the
bodies are made before the clock starts. Every answer is checked, and at the end what is stored is counted.
"""

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import influx_servers
from tests.influx_servers import Influx

PATIENTS, LINES, CONNECTIONS = 160, 5_000, 32
START_MS, MINUTE_MS = 1_768_000_000_000, 60_000


def line(number: int) -> str:
    """The reading of that number: 160 patients in turn, a reading a minute each, six fields."""
    patient, minute = number % PATIENTS, number // PATIENTS
    return (
        f"cpap,mrn={5000 + patient},room={101 + patient} breath_rate={12 + number * 7919 % 700 / 100:.2f},"
        f"cpap_pressure={8 + number * 31 % 9 * 0.5:.1f},apnea_count={number % 5}i,"
        f"leak_rate={number * 17 % 300 / 10:.1f},spo2={95 - number % 5}.0,"
        f"mask_on={'true' if number % 7 else 'false'} {START_MS + minute * MINUTE_MS}"
    )


class Client:
    """One kept connection that posts lines."""

    def __init__(self, influx: Influx, bucket: str) -> None:
        """Connect at the first post."""
        address = urllib.parse.urlsplit(influx.url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
        self._path = f"/api/v2/write?org={influx.org}&bucket={bucket}&precision=ms"
        self._headers = {"Authorization": f"Token {influx.token}"}

    def post(self, body: bytes) -> None:
        """Post a body; anything but 204 ends the benchmark."""
        self._connection.request("POST", self._path, body, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 204:
            raise SystemExit(f"{answer.status}: {text[:300]!r}")


def together(clients: list[Client], work: Callable[[Client, int], None]) -> float:
    """Run the work of each client in a thread of its own; seconds until all are done."""
    threads = [threading.Thread(target=work, args=(client, number)) for number, client in enumerate(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def batches(influx: Influx, count: int, connections: int) -> dict[str, float]:
    """Post `count` batches over so many connections."""
    bodies = ["\n".join(map(line, range(i * LINES, (i + 1) * LINES))).encode() for i in range(count)]
    with influx.bucket() as bucket:
        todo: Iterator[bytes] = iter(bodies)
        lock = threading.Lock()
        took: list[float] = []

        def work(client: Client, _: int) -> None:
            while True:
                with lock:
                    body = next(todo, None)
                if body is None:
                    return
                started = time.perf_counter()
                client.post(body)
                took.append(time.perf_counter() - started)

        seconds = together([Client(influx, bucket) for _ in range(connections)], work)
        spo2 = 'filter(fn: (r) => r._field == "spo2")'
        script = f'from(bucket: "{bucket}") |> range(start: 0) |> {spo2} |> group() |> count()'
        stored = int(influx.query(script).text.strip().split(",")[-1])
    if stored != count * LINES:
        raise SystemExit(f"{influx.kind} holds {stored} of {count * LINES} lines")
    return {
        "lines_per_s": count * LINES / seconds,
        "median_ms": statistics.median(took) * 1000,
        "max_ms": max(took) * 1000,
    }


def singles(influx: Influx, seconds: float) -> dict[str, float]:
    """Post single lines over 32 connections for so long."""
    with influx.bucket() as bucket:
        counts = [0] * CONNECTIONS
        took: list[float] = []
        end = time.perf_counter() + seconds

        def work(client: Client, number: int) -> None:
            while (started := time.perf_counter()) < end:
                client.post(line(number + counts[number] * PATIENTS).encode())
                counts[number] += 1
                took.append(time.perf_counter() - started)

        spent = together([Client(influx, bucket) for _ in range(CONNECTIONS)], work)
    took.sort()
    return {
        "posts_per_s": sum(counts) / spent,
        "median_ms": statistics.median(took) * 1000,
        "p99_ms": took[int(len(took) * 0.99)] * 1000,
    }


def main() -> None:
    """Measure each server that is there and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--batches", type=int, default=200)
    options.add_argument("--connections", type=int, default=2, help="for the batches")
    options.add_argument("--seconds", type=float, default=8.0, help="of single lines")
    options.add_argument("--json", type=Path, help="write the figures there")
    given = options.parse_args()
    found: dict[str, dict[str, dict[str, float]]] = {}
    for kind in influx_servers.kinds():
        with tempfile.TemporaryDirectory() as folder, influx_servers.server(kind, Path(folder)) as influx:
            found[kind] = {
                "batches": batches(influx, given.batches, given.connections),
                "singles": singles(influx, given.seconds),
            }
        for what, figures in found[kind].items():
            print(
                f"{kind:10} {what:8} " + "  ".join(f"{name} {value:,.1f}" for name, value in figures.items()),
                flush=True,
            )
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()

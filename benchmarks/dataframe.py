"""How fast an answer becomes a DataFrame: a year of one patient, 525,600 readings of six fields.

    python benchmarks/dataframe.py [--rounds 3] [--json FILE]

The year is written to influxlite on a folder of its own, and to a real InfluxDB in the same run where one is given by
BEDSIDE_TEST_INFLUX_URL, _ORG and _TOKEN or by an `influxd` on the PATH. What is counted is the CPU time of this process
alone, from the question to the finished frame, receiving and decoding included, and the wall clock beside it. For
comparison the official client's own records are made of a thirtieth of the year.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from influxdb_client.client.influxdb_client import InfluxDBClient

from benchmarks.report import DAYS, MRN, fill
from query import Address, Connection, Ward
from tests import influx_servers
from tests.influx_servers import Influx

FIELDS = 6
START = datetime(2025, 1, 1, tzinfo=UTC)
STOP = START + timedelta(days=DAYS + 1)
PART = timedelta(days=12)


def measure(act: Callable[[], int], rounds: int) -> dict[str, float]:
    """Values a second of CPU and of the wall clock: the median round."""
    cpu, wall, values = [], [], 0
    for _ in range(rounds):
        cpu_before, wall_before = time.process_time(), time.perf_counter()
        values = act()
        cpu.append(time.process_time() - cpu_before)
        wall.append(time.perf_counter() - wall_before)
    return {
        "values": values,
        "cpu_s": statistics.median(cpu),
        "wall_s": statistics.median(wall),
        "values_per_cpu_s": values / statistics.median(cpu),
    }


def run(influx: Influx, bucket: str, rounds: int) -> dict[str, dict[str, float]]:
    """Our frames of the year, and the official client's records of a part of it."""
    connection = Connection(Address(influx.url, influx.org, influx.token))
    with Ward(connection, bucket=bucket) as ward, InfluxDBClient(influx.url, influx.token, org=influx.org) as client:

        def frames() -> int:
            frame = ward.readings(mrn=MRN, start=START, stop=STOP)
            assert len(frame) == DAYS * 1440, len(frame)
            return len(frame) * FIELDS

        def records() -> int:
            flux = ward.bind("readings", mrn=MRN, start=START, stop=START + PART)
            rows = sum(1 for _ in client.query_api().query_stream(flux))
            assert rows > 0
            return rows * FIELDS

        return {"Ward.readings": measure(frames, rounds), "official client's records": measure(records, 1)}


def main() -> None:
    """Fill, measure, print a table."""
    parser = argparse.ArgumentParser(description="How fast an answer becomes a DataFrame.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    found = {}
    for kind in influx_servers.kinds():
        with (
            tempfile.TemporaryDirectory() as folder,
            influx_servers.server(kind, Path(folder)) as influx,
            influx.bucket() as bucket,
        ):
            fill(influx, bucket)
            found[kind] = run(influx, bucket, options.rounds)
    print(f"{'':<40} {'values':>10} {'CPU s':>8} {'wall s':>8} {'values per s of CPU':>20}")
    for kind, results in found.items():
        for name, result in results.items():
            print(
                f"{f'{kind}: {name}':<40} {result['values']:>10,} {result['cpu_s']:>8.2f} {result['wall_s']:>8.2f} "
                f"{result['values_per_cpu_s']:>20,.0f}"
            )
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()

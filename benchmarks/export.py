"""How fast a ward goes out as files, and in how much memory: a month, then four times as long.

    python benchmarks/export.py [--rooms 12] [--days 30] [--json FILE]

The ward is written to influxlite on a folder of its own, a reading of six fields a minute and room. Each export runs in
a process of its own, whose peak memory is told: it should not grow with the range. `--days 91` makes the longer one the
year of a ward (6.3 million readings with 12 rooms).
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from query import Address, Connection, Ward
from query.files.exports import Selection
from query.files.fhir import write_observations
from query.files.tables import readings_table, whole_file
from tests import influx_servers
from tests.influx_servers import Influx

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
LINES = 50_000
FORMS = ("csv", "parquet", "fhir")
FHIR_DAYS = 7
"""Each part of FHIR's resources is checked by its model, and files are large: some days tell the rate."""


def lines(rooms: int, days: int) -> Iterator[str]:
    """Line protocol in milliseconds, in the order of time."""
    begin_ms = int(BEGIN.timestamp() * 1000)
    for minute in range(days * 1440):
        for room in range(rooms):
            number = minute * 31 + room * 7
            yield (
                f"cpap,mrn={5000 + room},room={101 + room} breath_rate={12 + number % 700 / 100:.2f},"
                f"cpap_pressure={8 + number % 9 * 0.5:.1f},apnea_count={number % 5}i,leak_rate={number % 300 / 10:.1f},"
                f"spo2={95 - number % 5}.0,mask_on={'true' if number % 7 else 'false'} {begin_ms + minute * 60_000}"
            )


def fill(influx: Influx, bucket: str, rooms: int, days: int) -> None:
    """Write the ward."""
    batch: list[str] = []
    for line in lines(rooms, days):
        batch.append(line)
        if len(batch) == LINES:
            assert influx.write(bucket, "\n".join(batch), "ms").status_code == 204
            batch.clear()
    assert influx.write(bucket, "\n".join(batch), "ms").status_code == 204


def export(influx: Influx, bucket: str, form: str, days: int, folder: str, answer: Any) -> None:
    """Export so many days in this process; rows, seconds, those of CPU and peak memory in MiB go into `answer`."""
    selection = Selection(None, BEGIN, BEGIN + timedelta(days=days))
    begin, begin_cpu = time.perf_counter(), time.process_time()
    address = Address(influx.url, influx.org, influx.token)
    with Ward(Connection(address), bucket=bucket, timezone="UTC") as ward, whole_file(Path(folder) / form) as out:
        frames = selection.frames(ward)
        rows = write_observations(frames, out) if form == "fhir" else readings_table(out, frames, form)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    answer.send((rows, seconds, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def in_a_process(*arguments: Any) -> tuple[int, float, float, float]:
    """`export` in a fresh process."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=export, args=(*arguments, send))
    process.start()
    send.close()
    told = receive.recv()
    process.join()
    return told


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, default=12)
    parser.add_argument("--days", type=int, default=30, help="the shorter range; the longer one is four times as long")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args()
    figures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, influx_servers.influxlite(Path(folder)) as influx:
        bucket = influx.make_bucket()
        fill(influx, bucket, options.rooms, 4 * options.days)
        print("| form | days | readings | readings/s | readings/s of CPU | peak memory (MiB) |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for form in FORMS:
            for days in (FHIR_DAYS, 4 * FHIR_DAYS) if form == "fhir" else (options.days, 4 * options.days):
                rows, seconds, cpu, peak = in_a_process(influx, bucket, form, days, folder)
                assert rows == options.rooms * days * 1440, (form, rows)
                figures.append(
                    {"form": form, "days": days, "rows": rows, "seconds": seconds, "cpu_s": cpu, "peak_mib": peak}
                )
                print(
                    f"| {form} | {days} | {rows:,} | {rows / seconds:,.0f} | {rows / cpu:,.0f} | {peak:.0f} |",
                    flush=True,
                )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()

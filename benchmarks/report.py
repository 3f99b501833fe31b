"""How long a night report takes of a patient with a year of readings: asking, computing, and each form.

    python benchmarks/report.py [--nights 12] [--json FILE]

A year of one patient (525,600 readings of six fields, a reading a minute) is written to influxlite on a folder of its
own, and to a real InfluxDB in the same run where one is given by BEDSIDE_TEST_INFLUX_URL, _ORG and _TOKEN or by an
`influxd` on the PATH. Each of the nights is another one, so that nothing is answered from what was asked before. Times
are of the wall clock, from the question to the finished page; the CPU column is this process alone.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from query import Address, Connection, Ward
from query.night.bounds import night_bounds
from query.night.coverage import reach
from query.night.figures import Figures
from query.night.page import html_page
from query.night.readings import as_readings
from query.night.report import NightReport, night_report
from query.night.sheet import pdf_sheet
from simulator.physiology import Night
from tests import influx_servers
from tests.influx_servers import Influx

ZONE = ZoneInfo("Europe/Vienna")
FIRST = date(2025, 1, 1)
DAYS, MINUTE_MS = 365, 60_000
MRN = "5001"


def day_lines(day: int) -> list[str]:
    """A day's readings as line protocol in milliseconds, as a simulated monitor measures them."""
    noon_ms = int(datetime(2025, 1, 1, 12, tzinfo=UTC).timestamp() * 1000) + day * 1440 * MINUTE_MS
    night = Night(7, MRN, noon_ms)
    lines = []
    for minute in range(1440):
        at_ms = noon_ms + minute * MINUTE_MS
        sample = night.sample(at_ms, MINUTE_MS)
        fields = []
        for name in ("cpap_pressure", "breath_rate", "leak_rate", "spo2"):
            fields.append(f"{name}={float(sample.get(name, 0.0))}")
        fields.append(f"apnea_count={sample['apnea_count']}i,mask_on={'true' if sample['mask_on'] else 'false'}")
        lines.append(f"cpap,mrn={MRN},room=101 {','.join(fields)} {at_ms}")
    return lines


def fill(influx: Influx, bucket: str) -> None:
    """Write the year."""
    for first in range(0, DAYS, 5):
        lines = [line for day in range(first, min(first + 5, DAYS)) for line in day_lines(day)]
        told = influx.write(bucket, "\n".join(lines), "ms")
        assert told.status_code == 204, told.text


def report(ward: Ward, night: date) -> NightReport:
    """What `bedside report night` does, without the API's name and stays."""
    start, stop = night_bounds(night, ZONE)
    around = reach(60.0)
    readings = as_readings(ward.readings(mrn=MRN, start=start - around, stop=stop + around))
    return night_report(readings, night, ZONE, mrn=MRN, printed=datetime.now(UTC))


FORMS: dict[str, Callable[[NightReport], object]] = {
    "json": lambda found: json.dumps(found.document()),
    "html": html_page,
    "pdf": pdf_sheet,
}


def measure(ward: Ward, nights: int) -> dict[str, dict[str, float]]:
    """Milliseconds from the question to the finished form, median and worst, over different nights."""
    found: dict[str, dict[str, float]] = {}
    night = FIRST + timedelta(days=20)
    for name, make in FORMS.items():
        wall, cpu = [], []
        for _ in range(nights):
            night += timedelta(days=7)
            begin, begin_cpu = time.perf_counter(), time.process_time()
            told = report(ward, night)
            make(told)
            wall.append((time.perf_counter() - begin) * 1000)
            cpu.append((time.process_time() - begin_cpu) * 1000)
            check(told.figures)
        found[name] = {"median_ms": statistics.median(wall), "worst_ms": max(wall), "cpu_ms": statistics.median(cpu)}
    return found


def check(figures: Figures) -> None:
    """The night is there in full: a figure of an empty answer would be quick to make."""
    assert figures.readings == (figures.stop - figures.start) // timedelta(minutes=1), figures
    assert figures.coverage == 1.0
    assert figures.usage_s > 0


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=12, help="how many nights for each form")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    arguments = parser.parse_args()
    figures = {}
    for kind in influx_servers.kinds():
        with (
            tempfile.TemporaryDirectory() as folder,
            influx_servers.server(kind, Path(folder)) as influx,
            influx.bucket() as bucket,
        ):
            fill(influx, bucket)
            address = Address(influx.url, influx.org, influx.token)
            with Ward(Connection(address), bucket=bucket, timezone=str(ZONE)) as ward:
                figures[kind] = measure(ward, arguments.nights)
    print("| night report of a patient with 525,600 readings | " + " | ".join(figures) + " |")
    print("| --- |" + " ---: |" * len(figures))
    for name in FORMS:
        cells = [
            f"{told[name]['median_ms']:.0f} ms (worst {told[name]['worst_ms']:.0f}, CPU {told[name]['cpu_ms']:.0f})"
            for told in figures.values()
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()

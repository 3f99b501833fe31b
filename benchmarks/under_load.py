"""How long eight dashboards wait while readings come in: influxlite, and a real InfluxDB where one is on the PATH.

    python benchmarks/under_load.py [--rooms 160] [--hours 48] [--seconds 60] [--lines-per-s 10000] [--write FILE]

Loads readings of six fields a minute, lets eight dashboards ask their panels (`ward_queries.json`) every five seconds,
first while nothing comes in, then while so many readings a second do; each answer is held against the first. Tells the
median, the 95th and the 99th percentile of a panel and of a write of 1,000 lines, and how many readings were in time.
The dashboards ask from one process of this machine, which takes its share of it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import servers

from tests.influx_servers import Influx
from tests.influxlite.ward_load import Dashboard, Incoming, Ward, dashboards

REFRESH_S = 5.0
HEAD = "| server | | panels answered | median ms | 95% ms | 99% ms | worst ms |"


def figures(times_s: list[float]) -> str:
    """Count, median, percentiles and worst as cells of a table."""
    cuts = statistics.quantiles(times_s, n=100)
    shown = [statistics.median(times_s), cuts[94], cuts[98], max(times_s)]
    return f"{len(times_s):,} | " + " | ".join(f"{value * 1000:,.0f}" for value in shown)


def watch(screens: list[Dashboard], incoming: Incoming | None, seconds: float) -> list[float]:
    """Let the dashboards ask for so long, with what comes in; how long the panels took."""
    for screen in screens:
        screen.start()
    if incoming is not None:
        incoming.run()
    else:
        time.sleep(seconds)
    for screen in screens:
        screen.ended.set()
    for screen in screens:
        screen.join()
    faults = [fault for screen in screens for fault in screen.faults]
    if faults:
        raise SystemExit(f"wrong under load: {faults[0][:400]}")
    return [took for screen in screens for times in screen.took_s.values() for took in times]


def measure(name: str, influx: Influx, ward: Ward, seconds: float, lines_per_s: int) -> list[str]:
    """The rows of one server."""
    bucket = servers.BUCKET
    ward.fill(influx, bucket)
    time.sleep(REFRESH_S)
    quiet = ward.answers(influx, bucket)
    panels = ward.panels(bucket)
    alone = watch(dashboards(influx, panels, quiet, None, refresh_s=REFRESH_S), None, seconds)
    incoming = Incoming(influx, bucket, ward, lines_per_s, seconds)
    loaded = watch(dashboards(influx, panels, quiet, incoming, refresh_s=REFRESH_S), incoming, seconds)
    if incoming.faults:
        raise SystemExit(f"a write was refused: {incoming.faults[0]}")
    return [
        f"| {name} | panels, nothing comes in | {figures(alone)} |",
        f"| {name} | panels, readings come in | {figures(loaded)} |",
        f"| {name} | writes of 1,000 lines meanwhile | {figures(incoming.took_s)} |",
        f"| {name} | readings acknowledged in {incoming.all_took_s:.1f} s | {incoming.acknowledged:,} | | | | |",
    ]


def page(command: str, options: argparse.Namespace, load: float, rows: list[str]) -> str:
    """The page of figures."""
    return "\n".join(
        [
            "# Dashboards while readings come in",
            "",
            f"{options.rooms} rooms, {options.hours} hours, a reading a minute of six fields. Eight dashboards ask",
            f"their panels every {REFRESH_S:g} s for {options.seconds:g} s, first alone, then while",
            f"{options.lines_per_s:,} readings a second come in over HTTP. One machine with {os.cpu_count()} cores for",
            f"server, dashboards and monitors; other work was a load of {load:.1f} when this began. Every",
            "answer was the same as when it was quiet. Made by",
            "",
            f"    {command}",
            "",
            HEAD,
            "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
            *rows,
            "",
        ]
    )


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rooms", type=int, default=160)
    parser.add_argument("--hours", type=int, default=48)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--lines-per-s", type=int, default=10_000)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    rows: list[str] = []
    load = os.getloadavg()[0]
    for name, start in (("InfluxDB", servers.influxdb), ("influxlite", servers.influxlite)):
        with tempfile.TemporaryDirectory(prefix="under-load-") as folder, contextlib.ExitStack() as stack:
            found = stack.enter_context(start(Path(folder)))
            if found is None:
                continue
            influx = Influx(name, found.url, servers.ORG, servers.TOKEN)
            ward = Ward(options.rooms, options.hours)
            rows += measure(name, influx, ward, options.seconds, options.lines_per_s)
    command = shlex.join(["python", "benchmarks/under_load.py", *sys.argv[1:]])
    text = page(command, options, load, rows)
    print(text)
    if options.write:
        options.write.write_text(text)


if __name__ == "__main__":
    main()

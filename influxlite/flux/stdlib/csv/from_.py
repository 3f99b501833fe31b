"""csv.from: tables out of a text of comma-separated values."""

from __future__ import annotations

from influxlite.flux.csv_decode import decode
from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import Tables
from influxlite.flux.functions import Native
from influxlite.flux.plan.steps import Step, Stream
from influxlite.flux.stdlib.registry import macro


@macro("(?csv: string, ?file: string, ?mode: string) => stream[A] where A: Record")
def from_(csv: str = "", file: str = "", mode: str = "annotations") -> Stream:
    """The tables of annotated CSV as InfluxDB writes it; with mode "raw" one table of strings out of CSV without
    annotations. Files of the server are not read.

        import "csv"
        csv.from(csv: "room,limit\\n101,18", mode: "raw")
    """
    if not csv and not file:
        raise invalid("must provide csv raw text or filename")
    if csv and file:
        raise invalid("must provide exactly one of the parameters csv or file")
    return Stream(Step(_TEXT, {"csv": csv, "file": file, "mode": mode}))


def _tables(csv: str, file: str, mode: str) -> Tables:
    if file:
        raise invalid("error in csv.from(): csv.from() failed to read file: filesystem service is uninitialized")
    try:
        return decode(csv, raw=mode == "raw")
    except FluxError as problem:
        raise FluxError(problem.code, f"error in csv.from(): {problem.message}") from None


_TEXT = Native(_tables, "from", "(csv: string, file: string, mode: string) => stream[A]", "transformation")
"""What runs when the tables are asked for."""

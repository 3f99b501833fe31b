"""v1.json: tables out of an answer of InfluxDB 1 in JSON."""

from __future__ import annotations

from typing import Any

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables, key_frame
from influxlite.flux.functions import Native
from influxlite.flux.go_layout import parse_by_layout
from influxlite.flux.plan.steps import Step, Stream
from influxlite.flux.stdlib.arguments import refuse_nulls
from influxlite.flux.stdlib.json.reading import read_json
from influxlite.flux.stdlib.registry import macro
from influxlite.flux.values import type_name, wrap_int
from influxlite.flux.vectors import DTYPES

VALUES = ("bool", "float", "string")
"""Kinds of values that JSON has: all its numbers are floats."""


@macro("(?json: string, ?file: string) => stream[A] where A: Record")
def json(json: str = "", file: str = "") -> Stream:
    """The series of an answer of InfluxDB 1: one table for each of their columns, its name as `_field`.

    The first result is read, nulls are left out. Files of the server are not read.

        import "influxdata/influxdb/v1"
        v1.json(json: "{\\"results\\": [{\\"series\\": [{\\"columns\\": [\\"spo2\\"], \\"values\\": [[95]]}]}]}")
    """
    refuse_nulls(json=json, file=file)
    if not json and not file:
        raise FluxError("internal error", "must provide json raw text or filename")
    if json and file:
        raise FluxError("internal error", "must provide exactly one of the parameters json or file")
    return Stream(Step(_TEXT, {"json": json, "file": file}))


def _tables(json: str, file: str) -> Tables:
    if file:
        what = "failed to initialize execute state: filesystem service uninitialized in dependencies"
        raise FluxError("invalid", what, placed=True)
    answer = read_json(json.encode())
    results = _list(answer, "results")
    told = _text(answer, "error") or (_text(results[0], "error") if results else "")
    if told:
        raise FluxError("internal error", told)
    return [table for series in (_list(results[0], "series") if results else []) for table in _of_series(series)]


def _of_series(series: Any) -> Tables:
    names, rows = _list(series, "columns"), _list(series, "values")
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        raise invalid("v1.json: a series has a row that is not as long as its columns")
    labels = {"_measurement": _text(series, "name")} if _text(series, "name") else {}
    tags = series.get("tags") or {}
    labels |= {str(name): str(tags[name]) for name in sorted(tags)}
    times = names.index("time") if "time" in names else -1
    out = (_of_column(labels | {"_field": name}, rows, at, times) for at, name in enumerate(names) if at != times)
    return [block for block in out if block is not None]


def _of_column(labels: dict[str, str], rows: list[list[Any]], at: int, times: int) -> Block | None:
    """The table of a column, None where all of it is null."""
    full = [row for row in rows if row[at] is not None]
    if not full:
        return None
    kinds = {type_name(row[at]) for row in full}
    kind = kinds.pop()
    if kinds or kind not in VALUES:
        raise invalid(f"v1.json: column {labels['_field']} has values of several types, or none of {', '.join(VALUES)}")
    columns = ({"_time": "time"} if times >= 0 else {}) | dict.fromkeys(labels, "string") | {"_value": kind}
    data = {"_value": pl.Series([row[at] for row in full], dtype=DTYPES[kind])}
    if times >= 0:
        data["_time"] = pl.Series([_time(row[times]) for row in full], dtype=DTYPES["time"])
    frame = pl.DataFrame({**data, TABLE: pl.Series([0] * len(full), dtype=INDEX)})
    return Block(columns, tuple(labels), key_frame({n: pl.Series([v]) for n, v in labels.items()}, 1), frame)


def _time(text: Any) -> int:
    try:
        return wrap_int(parse_by_layout(text if isinstance(text, str) else "", "RFC3339"))
    except ValueError as problem:
        raise FluxError("internal error", str(problem)) from None


def _list(of: Any, name: str) -> list[Any]:
    found = (of.get(name) or []) if isinstance(of, dict) else None
    if not isinstance(found, list):
        raise invalid(f"v1.json: no answer of InfluxDB 1 (its {name} are not where they should be)")
    return found


def _text(of: Any, name: str) -> str:
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, str) else ""


_TEXT = Native(_tables, "json", "(json: string, file: string) => stream[A]", "transformation")
"""What runs when the tables are asked for."""

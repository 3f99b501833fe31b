"""promql.labelReplace, timestamp, emptyTable: labels and times of PromQL's samples."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block, Tables, empty_rows, key_frame, key_order, merge_same_keys
from influxlite.flux.stdlib.internal.promql.rates import check_kind
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Regexp

NO_TIME = -6795364578871345152
"""What Go's time before all time becomes in 64 bits of nanoseconds."""
VALUES = "<-tables: stream[{A with _value: float}]"
_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+)|(\$))", re.ASCII)


@transformation(
    f"({VALUES}, source: string, destination: string, regex: string, replacement: string)"
    " => stream[{B with _value: float}]"
)
def label_replace(tables: Tables, source: str, destination: str, regex: str, replacement: str) -> Tables:
    """Where `regex` matches all of the label `source`, the label `destination` becomes `replacement`.

    In it `$1` and `${name}` stand for what groups of the expression have matched; an empty one takes the label away.
    Labels are the columns of the group key; all other columns but `_value` are dropped.

        import "internal/promql"
        array.from(rows: [{room: "room-101", _value: 1.0}])
            |> group(columns: ["room"])
            |> promql.labelReplace(source: "room", destination: "number", regex: "room-(.*)", replacement: "$1")
    """
    try:
        pattern = Regexp(regex).compiled
    except FluxError:
        raise FluxError("internal error", f"invalid regular expression in label_replace(): {regex}") from None
    parts, seen = [], set()
    for whole in tables:
        if "_value" not in whole.columns or "_value" in whole.key:
            raise FluxError("internal error", "value column not found: _value")
        for block in whole.slice_tables():
            part = _relabelled(block, pattern, source, destination, replacement)
            mark = tuple(sorted((name, part.keys[name][0]) for name in part.key))
            if mark in seen:
                raise FluxError("internal error", f"labelReplace found duplicate table with key: {dict(mark)}")
            seen.add(mark)
            parts.append(part)
    return key_order(merge_same_keys(parts))


def _relabelled(block: Block, pattern: Any, source: str, destination: str, replacement: str) -> Block:
    text = (block.keys[source][0] or "") if source in block.key and block.columns[source] == "string" else ""
    match = pattern.fullmatch(text)
    keys = {name: block.keys[name] for name in block.key}
    if match is not None:
        keys.pop(destination, None)
        label = _REFERENCE.sub(lambda reference: _part(match, reference), replacement)
        if label:
            keys[destination] = pl.Series([label], dtype=pl.String())
    kinds = {name: block.columns[name] if name in block.key and name != destination else "string" for name in keys}
    rows = block.rows.select("_value", TABLE)
    return Block({**kinds, "_value": block.columns["_value"]}, tuple(keys), key_frame(keys, 1), rows)


def _part(match: Any, reference: re.Match[str]) -> str:
    if reference[3]:
        return "$"
    name = reference[1] or reference[2]
    try:
        return match.group(int(name) if name.isdigit() else name) or ""
    except (IndexError, KeyError):
        return ""


@transformation(f"({VALUES}) => stream[{{A with _value: float}}]")
def timestamp(tables: Tables) -> Tables:
    """The time of each row in seconds since 1970, cut to milliseconds, as `_value`: `_time`, or else `_stop`.

    import "internal/promql"
    array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1.0}]) |> promql.timestamp()
    """
    out: Tables = []
    for block in tables:
        name = next((name for name in ("_time", "_stop") if name in block.columns), None)
        if name is None:
            columns = list(block.columns)
            raise FluxError("internal error", f'neither "_time" nor "_stop" column not found (cols: {columns})')
        block.require("_value", "timestamp")
        check_kind(block, name, "time")
        milliseconds = (block.column(name).cast(pl.Int128()) // 1_000_000).cast(pl.Float64())
        out.append(block.with_column("_value", milliseconds / 1e3, "float"))
    return key_order(out)


@transformation("() => stream[{_start: time, _stop: time, _time: time, _value: float}]")
def empty_table() -> Tables:
    """A table of samples without any.

    import "internal/promql"
    promql.emptyTable()
    """
    columns = {"_start": "time", "_stop": "time", "_time": "time", "_value": "float"}
    key = ("_start", "_stop")
    keys = {name: pl.Series([NO_TIME], dtype=pl.Int64()) for name in key}
    return [Block(columns, key, key_frame(keys, 1), empty_rows(columns, key))]

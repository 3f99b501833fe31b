"""derivative: the rate of change."""

from __future__ import annotations

import polars as pl

from influxlite.flux.division import by_constant
from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Tables
from influxlite.flux.execute.sequences import check_times, ordered_times, previous_valid
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import SECOND, Duration

TIME = "\0t"
"""The column of times while it is reckoned with: it may be one of the key."""


@transformation(
    "(<-tables: stream[A], ?unit: duration, ?nonNegative: bool, ?columns: [string], ?timeColumn: string,"
    " ?initialZero: bool) => stream[B] where A: Record, B: Record"
)
def derivative(
    tables: Tables,
    unit: Duration = SECOND,
    non_negative: bool = False,
    columns: list[str] | None = None,
    time_column: str = "_time",
    initial_zero: bool = False,
) -> Tables:
    """The change of `columns` per `unit` of time from one row to the next, as floats; a table's first row goes.

    Nulls stay null and are passed over; rows of a time that was there already go. With `nonNegative` a fall is null,
    or 0 with `initialZero`.

        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1}, {_time: 2026-01-01T00:01:00Z, _value: 4}])
            |> derivative(unit: 1m)
    """
    wanted = ["_value"] if columns is None else columns
    out: Tables = []
    for block in tables:
        check_times(block, time_column)
        for name in wanted:
            if block.columns.get(name, "float") not in ("float", "int", "uint"):
                what = f"unsupported derivative column type {name}:{block.columns[name]}"
                raise FluxError("failed precondition", what)
        block = ordered_times(block, time_column, "derivative")
        rows = block.rows.with_columns(block.column(time_column).alias(TIME))
        kinds = dict(block.columns)
        for name in wanted:
            kind = block.columns.get(name)
            if kind is None or name in block.key:
                continue
            value, time = pl.col(name), pl.col(TIME)
            before = previous_valid(value, value.is_not_null())
            passed = (time - previous_valid(time, value.is_not_null())).cast(pl.Float64())
            since = by_constant(passed, float(unit.ns))
            change = (value - before).cast(pl.Float64())
            if kind == "uint":  # the difference of both has 64 bits, whichever is greater
                change = pl.when(before > value).then(-(before - value).cast(pl.Float64())).otherwise(change)
            rate = change / since
            if non_negative:
                rate = pl.when(before > value).then(0.0 if initial_zero else None).otherwise(rate)
            rows = rows.with_columns(rate.alias(name))
            kinds[name] = "float"
        first = pl.int_range(pl.len()).over(TABLE) == 0
        out.append(type(block)(kinds, block.key, block.keys, rows.filter(~first).drop(TIME)))
    return out

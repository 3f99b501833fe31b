"""stateTracking, stateCount, stateDuration: how long a condition has held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import TABLE, Block, Tables
from influxlite.flux.execute.rows import call_on_rows, truth
from influxlite.flux.functions import Function
from influxlite.flux.stdlib.registry import flux, transformation
from influxlite.flux.values import SECOND, Duration

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[A], fn: (r: A) => bool, ?countColumn: string, ?durationColumn: string, ?durationUnit: duration,"
    " ?timeColumn: string) => stream[B] where A: Record, B: Record"
)
def state_tracking(
    run: Run,
    tables: Tables,
    fn: Function,
    count_column: str = "",
    duration_column: str = "",
    duration_unit: Duration = SECOND,
    time_column: str = "_time",
) -> Tables:
    """Rows in a row for which `fn` held, and whole units since the first of them; -1 where it does not hold.

    array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1}, {_time: 2026-01-01T00:01:00Z, _value: 2}])
        |> stateTracking(fn: (r) => r._value > 0, countColumn: "n", durationColumn: "d")
    """
    if not count_column and not duration_column:
        raise invalid("must specify at least one of duration or count columns")
    if duration_column and duration_unit.ns <= 0:
        raise invalid("state tracking unit must be greater than zero")
    out: Tables = []
    for block in tables:
        if time_column not in block.columns:
            raise FluxError("failed precondition", f'column "{time_column}" does not exist')
        if block.rows.height and block.columns[time_column] not in ("time", "int"):  # InfluxDB panics
            kind = block.columns[time_column]
            raise FluxError("internal error", f'column "{time_column}" is {kind}: it must be time or int')
        out.append(_tracked(run, block, fn, (count_column, duration_column), duration_unit, time_column))
    return out


def _tracked(run: Run, block: Block, fn: Function, names: tuple[str, str], unit: Duration, time_column: str) -> Block:
    n = block.rows.height
    holds = truth(call_on_rows(run, fn, block), n) if n else pl.Series([], dtype=pl.Boolean())
    times = block.column(time_column)
    frame = pl.DataFrame({TABLE: block.tables, "in": holds, "t": times})
    if names[1]:
        if times.null_count():
            raise FluxError("failed precondition", "got a null timestamp")
        if frame.select((pl.col("t").diff().over(TABLE) < 0).any()).item():
            raise FluxError("failed precondition", "got an out-of-order timestamp")
    changed = (pl.col("in") != pl.col("in").shift(1).over(TABLE)).fill_null(True) | (
        pl.col(TABLE) != pl.col(TABLE).shift(1)
    ).fill_null(True)
    frame = frame.with_columns(changed.cum_sum().alias("span"))
    count = pl.when("in").then(pl.int_range(pl.len()).over("span") + 1).otherwise(-1).cast(pl.Int64())
    length = pl.when("in").then((pl.col("t") - pl.col("t").first().over("span")) // unit.ns).otherwise(-1)
    columns, rows = dict(block.columns), block.rows
    for name, expression in zip(names, (count, length), strict=True):
        if name:
            columns[name] = "int"
            rows = rows.with_columns(frame.select(expression.alias(name)).to_series())
    return Block(columns, block.key, block.keys, rows)


state_count = flux(
    "(<-tables: stream[A], fn: (r: A) => bool, ?column: string) => stream[B] where A: Record, B: Record",
    '(fn, column="stateCount", tables=<-) => tables |> stateTracking(countColumn: column, fn: fn)',
    """Rows in a row for which `fn` held, -1 where it does not.

        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1}]) |> stateCount(fn: (r) => r._value > 0)
    """,
)
state_duration = flux(
    "(<-tables: stream[A], fn: (r: A) => bool, ?column: string, ?timeColumn: string, ?unit: duration) => stream[B]"
    " where A: Record, B: Record",
    """(fn, column="stateDuration", timeColumn="_time", unit=1s, tables=<-) => tables
        |> stateTracking(durationColumn: column, timeColumn: timeColumn, fn: fn, durationUnit: unit)""",
    """Time since `fn` began to hold, in whole units, -1 where it does not.

        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1}]) |> stateDuration(fn: (r) => r._value > 0)
    """,
)

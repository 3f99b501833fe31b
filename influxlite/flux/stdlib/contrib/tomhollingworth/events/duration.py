"""events.duration: how long it is to the next row."""

from __future__ import annotations

import polars as pl

from influxlite.flux.division import by_constant
from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block, Tables, key_order
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import SECOND, Duration, Time
from influxlite.flux.vectors import DTYPES

PRECONDITION = "failed precondition"
NO_INT = -(1 << 63)
"""What a float beyond 64 bits is as an integer of Go's."""


@transformation(
    "(<-tables: stream[A], ?unit: duration, ?timeColumn: string, ?columnName: string, ?stopColumn: string, ?stop: time)"
    " => stream[B] where A: Record, B: Record"
)
def duration(
    tables: Tables,
    unit: Duration = SECOND,
    time_column: str = "_time",
    column_name: str = "duration",
    stop_column: str = "_stop",
    stop: Time | None = None,
) -> Tables:
    """How many `unit`s it is from each row to the next, cut to whole ones, in `columnName`.

    The last row of a table lasts until `stop`, or else until the time in its `stopColumn`.

        import "contrib/tomhollingworth/events"
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, state: "on"}, {_time: 2026-01-01T00:01:00Z, state: "off"}])
            |> events.duration(unit: 1s, stop: 2026-01-01T01:00:00Z)
    """
    return key_order([_lasting(block, unit, time_column, column_name, stop_column, stop) for block in tables])


def _lasting(block: Block, unit: Duration, time: str, name: str, stop_column: str, stop: Time | None) -> Block:
    if time not in block.columns:
        raise FluxError(PRECONDITION, f'column "{time}" does not exist')
    if stop is None:
        kind = block.columns.get(stop_column)
        if kind is None:
            raise FluxError(PRECONDITION, f'column "{stop_column}" does not exist')
        if kind != "time":
            raise FluxError(PRECONDITION, f'stop column "{stop_column}" must be of type time, got {kind}')
    if block.columns[time] != "time":
        raise FluxError(PRECONDITION, f'column "{time}" must be of type time, got {block.columns[time]}')
    if name in block.columns:
        raise FluxError("invalid", f'column "{name}" already exists')
    ends = block.column(stop_column) if stop is None else pl.repeat(int(stop), block.rows.height, eager=True)
    frame = pl.DataFrame({TABLE: block.tables, "time": block.column(time), "end": ends.cast(pl.Int64())})
    following = pl.col("time").shift(-1).over(TABLE)
    last = pl.int_range(pl.len()).over(TABLE) == pl.len().over(TABLE) - 1
    until = pl.when(last).then(pl.col("end")).otherwise(following).cast(pl.Float64())
    spans = frame.select(by_constant(until - pl.col("time").cast(pl.Float64()), float(unit.ns))).to_series()
    whole = spans.cast(DTYPES["int"], strict=False).fill_null(NO_INT)
    return block.with_column(name, whole.set(spans.is_null(), None), "int")

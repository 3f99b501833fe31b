"""integral: the area under a curve."""

import polars as pl

from influxlite.flux.division import by_constant
from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.aggregates import per_table
from influxlite.flux.execute.block import BUFFER, TABLE, Block, Tables, buffers_of, key_order
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import SECOND, Duration


@transformation(
    "(<-tables: stream[A], ?unit: duration, ?timeColumn: string, ?column: string, ?interpolate: string) => stream[B]"
    " where A: Record, B: Record"
)
def integral(
    tables: Tables,
    unit: Duration = SECOND,
    time_column: str = "_time",
    column: str = "_value",
    interpolate: str = "",
) -> Tables:
    """The area under the values over time, by trapezoids, per `unit` of time.

    Of rows of one time the first counts. Times must rise within each series; where a group joined several, as in
    InfluxDB the way back in time from one to the next counts too. `interpolate: "linear"` extends the curve to the
    table's `_start` and `_stop`.

        array.from(rows: [{_start: 2026-01-01T00:00:00Z, _stop: 2026-01-01T01:00:00Z, _time: 2026-01-01T00:00:00Z,
            _value: 1.0}]) |> group(columns: ["_start", "_stop"]) |> integral(unit: 1m)
    """
    return key_order([_integrated(block, unit, time_column, column, interpolate == "linear") for block in tables])


def _integrated(block: Block, unit: Duration, time_column: str, column: str, linear: bool) -> Block:
    for name in ("_start", "_stop"):
        if name not in block.key:
            raise invalid(f"integral function needs {name} column to be part of group key")
    if column in block.key:
        raise invalid("cannot aggregate columns that are part of the group key")
    if column not in block.columns:
        raise invalid(f'column "{column}" does not exist')
    if block.columns[column] not in ("float", "int", "uint"):
        raise invalid(f"cannot perform integral over {block.columns[column]}")
    if time_column not in block.columns:
        raise invalid(f'no column "{time_column}" exists')
    if block.columns[time_column] != "time":
        raise FluxError("internal error", f'integral: column "{time_column}" is not of type time')
    if block.rows[time_column].null_count():
        raise invalid("integral found null time in time column")
    points = pl.DataFrame(
        {"t": block.rows[time_column], "v": block.column(column).cast(pl.Float64()), TABLE: block.tables}
    ).with_columns(buffers_of(block))
    step = pl.col("t").diff().over(TABLE, BUFFER)
    if points.select((step < 0).any()).item():
        raise invalid("integral found out-of-order times in time column")
    points = points.filter(step.fill_null(1) > 0).drop_nulls("v")
    points = points.with_columns(
        by_constant(pl.col("t").diff().cast(pl.Float64()), float(unit.ns)).alias("width"),
        pl.lit(float(unit.ns)).alias("length"),
    )
    t, v, length = pl.col("t"), pl.col("v"), pl.col("length").first()
    area = (pl.col("width") * (v + v.shift(1)) / 2).sum()  # what precedes a table's first point is null
    if linear:
        ends = points.with_columns(
            pl.Series("a", block.keys["_start"].gather(points[TABLE])),
            pl.Series("b", block.keys["_stop"].gather(points[TABLE])),
        )
        slope_a = pl.when(pl.len() > 1).then(
            (v.get(1, null_on_oob=True) - v.first()) / (t.get(1, null_on_oob=True) - t.first())
        )
        slope_b = pl.when(pl.len() > 1).then(
            (v.last() - v.get(-2, null_on_oob=True)) / (t.last() - t.get(-2, null_on_oob=True))
        )
        lead = (t.first() - pl.col("a").first()).cast(pl.Float64())
        tail = (pl.col("b").first() - t.last()).cast(pl.Float64())
        before = lead / length * (2 * v.first() - slope_a.fill_null(0.0) * lead) / 2
        after = tail / length * (2 * v.last() + slope_b.fill_null(0.0) * tail) / 2
        answers = ends.group_by(TABLE, maintain_order=True).agg((area + before + after).alias(column))
    else:
        answers = points.group_by(TABLE, maintain_order=True).agg(area.alias(column))
    rows = per_table(block, answers).with_columns(pl.col(column).fill_null(0.0))
    columns = {k: block.columns[k] for k in block.key} | {column: "float"}
    return Block(columns, block.key, block.keys, rows.select(column, TABLE))

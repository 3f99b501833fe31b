"""mode: the most frequent value."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.aggregates import one_empty_text
from influxlite.flux.execute.block import TABLE, Block, Tables, buffers_of, key_order
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.vectors import DTYPES

PIECE = "\0piece"
"""What each piece of a table is numbered by."""


@transformation("(<-tables: stream[A], ?column: string) => stream[{C with _value: B}] where A: Record, C: Record")
def mode(tables: Tables, column: str = "_value") -> Tables:
    """The value that occurs most often, as `_value`: several rows, in ascending order, where several do.

    Null where all values occur equally often, an empty text where a table has no such column, the value of the key
    where it is part of that. Each piece of a table has a mode of its own, as in InfluxDB, which reads of each shard of
    time a thousand points at a time.

        array.from(rows: [{_value: 1}, {_value: 1}, {_value: 2}]) |> mode()
    """
    out: Tables = []
    for block in tables:
        kind = block.columns.get(column)
        if "_value" in block.key and kind is not None:
            raise FluxError("internal error", "mode: the group key has a column _value already")
        if kind is None:
            out.append(one_empty_text(block))
            continue
        if column in block.key:
            out.append(_of_keys(block, column))
            continue
        values = pl.DataFrame({"_value": block.column(column), TABLE: block.tables, PIECE: buffers_of(block)})
        best = _most_frequent(values)
        lacking = values.select(TABLE, PIECE).unique().join(best, on=(TABLE, PIECE), how="anti")
        empty = block.table_numbers().filter(~block.table_numbers().is_in(values[TABLE].unique().implode()))
        lacking = pl.concat(
            [lacking, pl.DataFrame({TABLE: empty, PIECE: pl.Series([0] * len(empty), dtype=pl.UInt32())})]
        )
        nulls = lacking.select(pl.lit(None, dtype=DTYPES[kind]).alias("_value"), TABLE, PIECE)
        rows = pl.concat([best, nulls]).sort(TABLE, PIECE, maintain_order=True).select("_value", TABLE)
        key = block.key
        columns = {k: block.columns[k] for k in key} | {"_value": kind}
        out.append(Block(columns, key, block.keys, rows))
    return key_order(out)


def _of_keys(block: Block, column: str) -> Block:
    """For each table its group key and what a column of that key holds."""
    columns = {name: block.columns[name] for name in block.key} | {"_value": block.columns[column]}
    rows = pl.DataFrame({"_value": block.keys[column], TABLE: block.table_numbers()})
    return Block(columns, block.key, block.keys, rows)


def _most_frequent(values: pl.DataFrame) -> pl.DataFrame:
    """The values of each piece that occur most often, in order; none where all occur equally often."""
    counted = values.drop_nulls("_value").group_by(TABLE, PIECE, "_value").len()
    best = counted.filter(pl.col("len") == pl.col("len").max().over(TABLE, PIECE))
    flat = counted.group_by(TABLE, PIECE).agg(pl.col("len").n_unique() == 1).filter(pl.col("len"))
    return best.join(flat, on=(TABLE, PIECE), how="anti").sort(TABLE, PIECE, "_value").select("_value", TABLE, PIECE)

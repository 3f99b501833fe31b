"""difference: how much a value changed since the row before."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block, Tables, key_order
from influxlite.flux.execute.sequences import previous_valid
from influxlite.flux.stdlib.registry import transformation


@transformation(
    "(<-tables: stream[T], ?nonNegative: bool, ?columns: [string], ?keepFirst: bool, ?initialZero: bool) => stream[R]"
    " where T: Record, R: Record"
)
def difference(
    tables: Tables,
    non_negative: bool = False,
    columns: list[str] | None = None,
    keep_first: bool = False,
    initial_zero: bool = False,
) -> Tables:
    """`columns` minus their last value that was not null; a table's first row goes unless `keepFirst` keeps it.

    With `nonNegative` a fall is null; with `initialZero` too it counts from 0, as a counter that began again does.

        array.from(rows: [{_value: 1}, {_value: 4}]) |> difference()
    """
    wanted = ["_value"] if columns is None else columns
    out: Tables = []
    for block in tables:
        rows, kinds = block.rows, dict(block.columns)
        for name in wanted:
            kind = block.columns.get(name)
            if kind == "time":
                what = "difference does not support time columns. Try the elapsed function"
                raise FluxError("failed precondition", what)
            if kind not in ("float", "int", "uint", None):
                raise FluxError("failed precondition", f'difference does not support column "{name}" of type "{kind}"')
            if kind is None or name in block.key:
                continue
            value = pl.col(name) if kind == "float" else pl.col(name).cast(pl.Int64(), wrap_numerical=True)
            before = previous_valid(value, pl.col(name).is_not_null())
            change = value - before
            if non_negative:
                fallen = pl.when(value >= 0).then(value) if initial_zero else None
                change = pl.when(change < 0).then(fallen).otherwise(change)
            if keep_first and initial_zero:
                change = pl.when(before.is_null() & value.is_not_null()).then(0).otherwise(change)
            kinds[name] = "float" if kind == "float" else "int"
            rows = rows.with_columns(change.alias(name))
        if not keep_first:
            rows = rows.filter(pl.int_range(pl.len()).over(TABLE) > 0)
        out.append(Block(kinds, block.key, block.keys, rows))
    return key_order(out)

"""experimental.unpivot: columns become rows of `_field` and `_value`."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import TABLE, Block, Tables, key_frame, key_order, merge_same_keys
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.vectors import constant


@transformation(
    "(<-tables: stream[{A with _time: time}], ?otherColumns: [string])"
    " => stream[{B with _field: string, _value: C}] where A: Record, B: Record"
)
def unpivot(tables: Tables, other_columns: list[str] | None = None) -> Tables:
    """One table for each column that is neither in the group key nor among `otherColumns` (by default `_time`).

    Its name goes into `_field`, which joins the group key unless it is among `otherColumns`, its values that are not
    null into `_value`.

        import "experimental"
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, spo2: 95.0, pressure: 9.5}]) |> experimental.unpivot()
    """
    others = ["_time"] if other_columns is None else other_columns
    parts = []
    for block in tables:
        _check(block, others)
        fields = [name for name in block.columns if name not in block.key and name not in others]
        parts += [_field(block, name, others) for name in fields]
    return key_order(merge_same_keys(parts))


def _check(block: Block, others: list[str]) -> None:
    if "_field" in block.columns or "_value" in block.columns:
        raise invalid('unpivot can\'t have "_field" or "_value" as an input column')
    for name in others:
        if name != "_field" and name not in block.columns:
            raise invalid(f'unpivot could not find column named "{name}"')


def _field(block: Block, name: str, others: list[str]) -> Block:
    in_key = "_field" not in others
    columns = {key: block.columns[key] for key in block.key}
    if in_key:
        columns["_field"] = "string"
    columns |= {other: "string" if other == "_field" else block.columns[other] for other in others}
    columns["_value"] = block.columns[name]
    rows = block.rows.filter(pl.col(name).is_not_null())
    label = pl.lit(name, dtype=pl.String()).alias("_field")
    cells = [label if other == "_field" else pl.col(other) for other in others if other not in block.key]
    rows = rows.select(*cells, pl.col(name).alias("_value"), TABLE)
    keys = {key: block.keys[key] for key in block.key}
    if in_key:
        keys["_field"] = constant(name, block.table_count, pl.String())
    key = (*block.key, "_field") if in_key else block.key
    return Block(columns, key, key_frame(keys, block.table_count), rows)

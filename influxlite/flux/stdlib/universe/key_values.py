"""keyValues: which values some columns have."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import TABLE, Block, Tables, key_order
from influxlite.flux.stdlib.registry import transformation


@transformation(
    "(<-tables: stream[A], ?keyColumns: [string]) => stream[{C with _key: string, _value: B}]"
    " where A: Record, C: Record"
)
def key_values(tables: Tables, key_columns: list[str] | None = None) -> Tables:
    """A row for each value that appears in one of `keyColumns`: the column's name as `_key`, the value as `_value`.

    The columns must be of one type; those that a table lacks are passed over.

        array.from(rows: [{room: "101", bed: "a"}, {room: "101", bed: "b"}]) |> keyValues(keyColumns: ["room", "bed"])
    """
    if key_columns is None:
        raise invalid("neither column list nor predicate function provided")
    return key_order([_listed(block, key_columns) for block in tables])


def _listed(block: Block, key_columns: list[str]) -> Block:
    names = [name for name in dict.fromkeys(key_columns) if name in block.columns]
    if not names:
        have, wanted = " ".join(block.columns), " ".join(key_columns)
        raise FluxError(
            "failed precondition", f"received table with columns [{have}] not having key columns [{wanted}]"
        )
    kind = block.columns[names[-1]]
    if any(block.columns[name] != kind for name in names):
        raise FluxError("failed precondition", "keyColumns must all be the same type")
    if taken := {"_key", "_value"} & set(block.key):
        raise FluxError("internal error", f"keyValues: the group key has a column {min(taken)} already")
    n = block.rows.height
    same = {TABLE: block.tables, "row": pl.int_range(0, n, eager=True)}
    parts = [
        pl.DataFrame({"_key": pl.repeat(name, n, eager=True), "_value": block.column(name), **same}) for name in names
    ]
    cells = pl.concat(parts).sort("row", maintain_order=True)
    origin = pl.when(pl.col("_value").is_not_null()).then("_key")  # one null stands for those of all columns
    cells = cells.with_columns(origin.alias("from")).unique(
        [TABLE, "from", "_value"], keep="first", maintain_order=True
    )
    columns = {k: block.columns[k] for k in block.key} | {"_key": "string", "_value": kind}
    return Block(columns, block.key, block.keys, cells.select("_key", "_value", TABLE))

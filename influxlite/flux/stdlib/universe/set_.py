"""set: one text in all rows."""

import polars as pl

from influxlite.flux.execute.block import Tables, key_order, merge_same_keys
from influxlite.flux.execute.schema import set_column
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.vectors import constant


@transformation("(<-tables: stream[A], key: string, value: string) => stream[A] where A: Record")
def set_(tables: Tables, key: str, value: str) -> Tables:
    """Give column `key` the text `value` in all rows; a key column stays in the group key with the new value.

    array.from(rows: [{a: 1}]) |> set(key: "ward", value: "north")
    """
    out: Tables = []
    for block in tables:
        text = constant(value, block.rows.height, pl.String())
        if key in block.key:
            texts = constant(value, block.table_count, pl.String())
            out += set_column(block, key, text, "string", texts)
        else:
            out += set_column(block, key, text, "string")
    return key_order(merge_same_keys(out))

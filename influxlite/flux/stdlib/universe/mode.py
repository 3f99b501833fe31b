"""mode: the most frequent value."""

import polars as pl

from influxlite.flux.execute.aggregates import one_empty_text
from influxlite.flux.execute.block import TABLE, Block, Tables, key_order
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.vectors import DTYPES


@transformation("(<-tables: stream[A], ?column: string) => stream[{C with _value: B}] where A: Record, C: Record")
def mode(tables: Tables, column: str = "_value") -> Tables:
    """The value that occurs most often, as `_value`: several rows, in ascending order, where several do.

    Null where all values occur equally often, an empty text where a table has no such column.

        array.from(rows: [{_value: 1}, {_value: 1}, {_value: 2}]) |> mode()
    """
    out: Tables = []
    for block in tables:
        kind = block.columns.get(column)
        if kind is None:
            out.append(one_empty_text(block))
            continue
        values = pl.DataFrame({"_value": block.column(column), TABLE: block.tables}).drop_nulls("_value")
        counted = values.group_by(TABLE, "_value").len()
        best = counted.filter(pl.col("len") == pl.col("len").max().over(TABLE))
        same = counted.group_by(TABLE).agg(pl.col("len").n_unique() == 1)
        flat = same.filter(pl.col("len"))[TABLE]
        best = best.filter(~pl.col(TABLE).is_in(flat)).sort(TABLE, "_value").select("_value", TABLE)
        lacking = block.table_numbers().filter(~block.table_numbers().is_in(best[TABLE]))
        nulls = pl.DataFrame({"_value": pl.repeat(None, len(lacking), dtype=DTYPES[kind], eager=True), TABLE: lacking})
        key = block.key
        columns = {k: block.columns[k] for k in key} | {"_value": kind}
        out.append(Block(columns, key, block.keys, pl.concat([best, nulls]).sort(TABLE, maintain_order=True)))
    return key_order(out)

"""sort: rows in order of columns."""

from influxlite.flux.execute.block import Tables
from influxlite.flux.execute.merging import sort_rows
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?columns: [string], ?desc: bool) => stream[A] where A: Record")
def sort_(tables: Tables, columns: list[str] | None = None, desc: bool = False) -> Tables:
    """Sort each table by `columns`, one after the other; nulls come first either way, columns that lack do not count.

    array.from(rows: [{_value: 2}, {_value: 1}]) |> sort(columns: ["_value"])
    """
    wanted = dict.fromkeys(["_value"] if columns is None else columns)
    out: Tables = []
    for block in tables:
        by = [c for c in wanted if c in block.columns and c not in block.key]
        out.append(sort_rows(block, by, desc))
    return out

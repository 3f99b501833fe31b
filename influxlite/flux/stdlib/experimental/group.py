"""experimental.group: more columns in the group key."""

from __future__ import annotations

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Tables, key_order, regroup
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], mode: string, columns: [string]) => stream[A] where A: Record")
def group(tables: Tables, mode: str, columns: list[str]) -> Tables:
    """Add `columns` to the group key; the only mode is "extend".

    import "experimental"
    array.from(rows: [{a: 1, b: 2}]) |> experimental.group(columns: ["a"], mode: "extend")
    """
    if mode != "extend":
        raise invalid('mode must be "extend"')
    keys = [tuple(dict.fromkeys((*b.key, *(c for c in columns if c in b.columns)))) for b in tables]
    return key_order(regroup(tables, keys))

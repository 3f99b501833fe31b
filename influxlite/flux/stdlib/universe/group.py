"""group: other tables out of the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.errors import SchemaCollision
from influxlite.flux.execute.arrival import RANK, by_arrival, settled, table_ranks
from influxlite.flux.execute.block import Tables, key_order, regroup
from influxlite.flux.execute.collisions import in_order_of_arrival
from influxlite.flux.execute.faults import of_call
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: stream[A], ?mode: string, ?columns: [string]) => stream[A] where A: Record")
def group(run: Run, tables: Tables, mode: str = "by", columns: list[str] | None = None) -> Tables:
    """Put rows with equal values in `columns` into one table each; with mode "except", in all columns but those.

    The key has them in the order of the table; what a table lacks is not in its key. Without columns all rows become
    one table. A table without rows is kept where all of its new key is in its old one.

        array.from(rows: [{room: "101", _value: 1}, {room: "102", _value: 2}]) |> group(columns: ["room"])
    """
    if mode not in ("by", "except"):
        raise of_call(run, 'invalid group mode: must be "by" or "except"')
    given = set(columns or [])
    keys = []
    arrived = by_arrival(run, tables)
    for block in arrived:
        if mode == "by":
            keys.append(tuple(c for c in block.columns if c in given))
        else:
            keys.append(tuple(c for c in block.columns if c not in given and c != RANK))
    try:
        return key_order([settled(block) for block in regroup(arrived, keys, keep_empty=True)])
    except SchemaCollision as problem:
        apart = in_order_of_arrival(tables, table_ranks(run, tables))
        wanted = [tuple(c for c in block.columns if (c in given) is (mode == "by")) for block in apart]
        problem.parts = [made for block, key in zip(apart, wanted, strict=True) for made in regroup([block], [key])]
        raise

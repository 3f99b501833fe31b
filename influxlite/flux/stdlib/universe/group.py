"""group: other tables out of the same rows."""

from __future__ import annotations

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Tables, key_order, regroup
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?mode: string, ?columns: [string]) => stream[A] where A: Record")
def group(tables: Tables, mode: str = "by", columns: list[str] | None = None) -> Tables:
    """Put rows with equal values in `columns` into one table each; with mode "except", in all columns but those.

    Columns that a table lacks are not in its key. Without columns all rows become one table.

        array.from(rows: [{room: "101", _value: 1}, {room: "102", _value: 2}]) |> group(columns: ["room"])
    """
    if mode not in ("by", "except"):
        raise invalid('invalid mode: must be "by" or "except"')
    wanted = list(dict.fromkeys(columns or []))
    keys = []
    for block in tables:
        if mode == "by":
            keys.append(tuple(c for c in wanted if c in block.columns))
        else:
            keys.append(tuple(c for c in block.columns if c not in wanted))
    return key_order(regroup(tables, keys))

"""table.fill: a row for tables without."""

from __future__ import annotations

from influxlite.flux.execute.block import Tables
from influxlite.flux.execute.windowing import fill_empty
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A]) => stream[A] where A: Record")
def fill(tables: Tables) -> Tables:
    """Give each table without rows one, of its group key and nulls.

    import "experimental/table"
    array.from(rows: [{room: "101", _value: 1}])
        |> group(columns: ["room"])
        |> filter(fn: (r) => r._value > 1, onEmpty: "keep")
        |> table.fill()
    """
    return fill_empty(tables)

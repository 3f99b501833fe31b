"""array.from: a table out of records."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Tables, make_block
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Null, Record, is_null, type_name
from influxlite.flux.vectors import DTYPES


@transformation("(rows: [A]) => stream[A] where A: Record")
def from_(rows: list[Record]) -> Tables:
    """One table without group key, a row for each record.

    array.from(rows: [{room: "101", limit: 18.0}, {room: "102", limit: 20.0}])
    """
    if not rows:
        raise invalid("rows must be non-empty")
    columns: dict[str, str] = {}
    for name in sorted({n for row in rows for n in row}):
        cells = [row.get(name) for row in rows]
        kinds = {type_name(c) for c in cells if c is not None and not isinstance(c, Null)} or {
            c.kind for c in cells if isinstance(c, Null)
        }
        if not kinds:
            continue
        if len(kinds) > 1 or not kinds <= set(DTYPES):
            raise invalid(f"cannot represent the type {'/'.join(sorted(kinds))} as column data")
        columns[name] = kinds.pop()
    data = {n: [None if is_null(r.get(n)) else r[n] for r in rows] for n in columns}
    return [make_block(columns, (), pl.DataFrame(data, schema={n: DTYPES[k] for n, k in columns.items()}))]

"""array.from: a table out of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import Tables, make_block
from influxlite.flux.functions import Native
from influxlite.flux.stdlib.registry import macro
from influxlite.flux.stdlib.type_texts import type_of
from influxlite.flux.values import Null, Record, is_null, type_name
from influxlite.flux.vectors import DTYPES

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

SIGNATURE = "(<-rows: [A]) => stream[A] where A: Record"


@macro(SIGNATURE)
def from_(run: Run, rows: list[Record]) -> Any:
    """One table without group key, a row for each record; its columns stand as the properties of the first do.

    array.from(rows: [{room: "101", limit: 18.0}, {room: "102", limit: 20.0}])
    """
    if not rows:
        raise invalid("rows must be non-empty")
    if any(map(is_null, rows)):
        raise FluxError("internal error", "rows should have been a list of records")
    return TABLE.call(run, {"rows": rows})


def _table(rows: list[Record]) -> Tables:
    columns: dict[str, str] = {}
    for name in dict.fromkeys(n for row in rows for n in row):
        cells = [row.get(name) for row in rows]
        kinds = {type_name(c) for c in cells if c is not None and not isinstance(c, Null)} or {
            c.kind for c in cells if isinstance(c, Null)
        }
        if not kinds:
            raise invalid("cannot represent the type null as column data")
        if len(kinds) > 1 or not kinds <= set(DTYPES):
            strange = next(c for c in cells if c is not None and type_name(c) not in DTYPES)
            raise invalid(f"cannot represent the type {type_of(strange)} as column data")
        columns[name] = kinds.pop()
    data = {n: [None if is_null(r.get(n)) else r[n] for r in rows] for n in columns}
    return [make_block(columns, (), pl.DataFrame(data, schema={n: DTYPES[k] for n, k in columns.items()}))]


TABLE = Native(_table, "from", SIGNATURE, "transformation")
"""The step that makes the table."""

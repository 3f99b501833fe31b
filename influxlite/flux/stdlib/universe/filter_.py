"""filter: rows by a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.execute.block import Tables
from influxlite.flux.execute.faults import of_call
from influxlite.flux.execute.filtering import filter_tables
from influxlite.flux.functions import Function
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: stream[A], fn: (r: A) => bool, ?onEmpty: string) => stream[A] where A: Record")
def filter_(run: Run, tables: Tables, fn: Function, on_empty: str = "drop") -> Tables:
    """Keep the rows for which `fn` is true; a condition that is null counts as false.

    Tables that lose all rows vanish unless `onEmpty` is "keep".

        array.from(rows: [{_value: 1}, {_value: 2}]) |> filter(fn: (r) => r._value > 1)
    """
    if on_empty not in ("drop", "keep"):
        raise of_call(run, f'onEmpty must be keep or drop, was "{on_empty}"')
    return filter_tables(run, tables, fn, keep_empty=on_empty == "keep")

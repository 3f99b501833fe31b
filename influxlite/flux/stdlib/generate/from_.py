"""generate.from: a table by a function of the row's number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.conversions import as_time
from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Tables, make_block
from influxlite.flux.execute.growth import check_growth
from influxlite.flux.functions import Function
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import type_name

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(start: A, stop: A, count: int, fn: (n: int) => int)"
    " => stream[{_start: time, _stop: time, _time: time, _value: int}] where A: Timeable"
)
def from_(run: Run, start: Any, stop: Any, count: int, fn: Function) -> Tables:
    """`count` rows evenly from `start` to `stop`, `fn(n: 0)`, `fn(n: 1)` … in `_value`.

    import "generate"
    generate.from(start: 2026-01-01T00:00:00Z, stop: 2026-01-01T00:01:00Z, count: 3, fn: (n) => n * n)
    """
    if count == 0:
        raise invalid("runtime error: integer divide by zero")
    first, last = as_time(start, run.now()), as_time(stop, run.now())
    step = abs(last - first) // abs(count) * (1 if last >= first else -1)
    check_growth(run, count, 2, listed=True)
    values = [run.call(fn, {"n": n}) for n in range(count)]
    for value in values:
        if type_name(value) != "int":
            raise invalid(f"function must return type integer, but got {type_name(value)}")
    frame = pl.DataFrame(
        {
            "_time": pl.Series([first + n * step for n in range(len(values))], dtype=pl.Int64()),
            "_value": pl.Series(values, dtype=pl.Int64()),
        }
    )
    return [make_block({"_time": "time", "_value": "int"}, (), frame)]

"""array.concat, map, filter: arrays out of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from influxlite.flux.execute.growth import check_growth
from influxlite.flux.execute.rows import row_body
from influxlite.flux.functions import Function
from influxlite.flux.stdlib.registry import function

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@function("(<-arr: [A], v: [A]) => [A]")
def concat(run: Run, arr: list[Any], v: list[Any]) -> list[Any]:
    """The elements of `arr`, then those of `v`.

    array.from(rows: [{n: length(arr: array.concat(arr: [1, 2], v: [3]))}])
    """
    check_growth(run, len(arr) + len(v), 1)
    return [*arr, *v]


@function("(<-arr: [A], fn: (x: A) => B) => [B]", "map")
def map_(run: Run, arr: list[Any], fn: Function) -> list[Any]:
    """What `fn` makes of each element.

    array.from(rows: array.map(arr: [1, 2], fn: (x) => ({n: x * 2})))
    """
    with row_body(run):
        return [run.call(fn, {"x": element}) for element in arr]


@function("(<-arr: [A], fn: (x: A) => bool) => [A]", "filter")
def filter_(run: Run, arr: list[Any], fn: Function) -> list[Any]:
    """The elements for which `fn` is true.

    array.from(rows: [{n: length(arr: array.filter(arr: [1, 2, 3], fn: (x) => x > 1))}])
    """
    with row_body(run):
        return [element for element in arr if run.call(fn, {"x": element}) is True]

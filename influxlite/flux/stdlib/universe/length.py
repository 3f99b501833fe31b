"""length: the number of elements of an array."""

from typing import Any

from influxlite.flux.stdlib.registry import function


@function("(<-arr: [A]) => int")
def length(arr: list[Any]) -> int:
    """How many elements `arr` has.

    array.from(rows: [{n: length(arr: [1, 2, 3])}])
    """
    return len(arr)

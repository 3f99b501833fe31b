"""experimental.objectKeys: the names in a record."""

from __future__ import annotations

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Record, is_null


@function("(o: A) => [string] where A: Record")
def object_keys(o: Record) -> list[str]:
    """The names of a record's properties, in order.

    import "experimental"
    array.from(rows: [{n: length(arr: experimental.objectKeys(o: {a: 1, b: 2}))}])
    """
    if is_null(o):
        raise invalid('parameter "o" is not an object')
    return list(o)

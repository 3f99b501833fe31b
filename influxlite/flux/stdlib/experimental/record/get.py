"""record.get, record.any: properties by names that are computed."""

from __future__ import annotations

from typing import Any

from influxlite.flux.stdlib.arguments import refuse_nulls, require_records
from influxlite.flux.stdlib.registry import constant, function
from influxlite.flux.values import Record

any_ = constant("A where A: Record", Record(), "A record of no properties, for parameters that take any.")


@function("(r: A, key: string, default: B) => B where A: Record")
def get(r: Any, key: str, default: Any) -> Any:
    """Property `key` of `r`, or `default` where it has none.

    import "experimental/record"
    array.from(rows: [{a: record.get(r: {b: 1}, key: "b", default: 0)}])
    """
    require_records(r=r)
    refuse_nulls(key=key)
    return r.get(key, default)


@get.columns
def get_columns(r: Any, key: Any, default: Any) -> Any:
    """The column, where the name is the same for all rows."""
    if not isinstance(key, str) or not hasattr(r, "get_property"):
        return NotImplemented
    return r.get_property(key) if key in r.names() else default

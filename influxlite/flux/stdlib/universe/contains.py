"""contains: whether a value is in an array."""

from __future__ import annotations

from typing import Any

import polars as pl

from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import is_null
from influxlite.flux.vectors import DTYPES, Vec, holds_vec


@function("(value: A, set: [A]) => bool where A: Nullable")
def contains(value: Any, set: list[Any]) -> bool:  # noqa: A002 - Flux's name
    """Whether `set` has an element equal to `value`.

    array.from(rows: [{a: contains(value: 1, set: [1, 2])}])
    """
    return not is_null(value) and value in set


@contains.columns
def contains_columns(value: Any, set: Any) -> Any:  # noqa: A002
    """A column against constants at once."""
    if not isinstance(value, Vec) or value.kind not in DTYPES or value.kind == "float" or holds_vec(set):
        return NotImplemented
    members = pl.Series([v for v in set if not is_null(v)], dtype=DTYPES[value.kind])
    return Vec(value.series.is_in(members.implode()).fill_null(False), "bool")

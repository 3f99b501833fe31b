"""strings.strlen, substring: characters, not bytes."""

from __future__ import annotations

from typing import Any

import polars as pl

from influxlite.flux.stdlib.strings.checked import text_function


@text_function("(v: string) => int", refusal="procedure cannot be executed")
def strlen(v: str) -> int:
    """How many characters it has.

    import "strings"
    array.from(rows: [{a: strings.strlen(v: "apple")}])
    """
    return len(v)


@strlen.on_columns
def strlen_columns(v: pl.Series) -> Any:
    """At once."""
    return v.str.len_chars().cast(pl.Int64())


@text_function("(v: string, start: int, end: int) => string")
def substring(v: str, start: int, end: int) -> str:
    """The characters from `start` up to `end`, cut to what is there.

    import "strings"
    array.from(rows: [{a: strings.substring(v: "influx", start: 0, end: 3)}])
    """
    return v[max(start, 0) : max(end, 0)]


@substring.on_columns
def substring_columns(v: Any, start: Any, end: Any) -> Any:
    """At once where the places are the same for all rows."""
    if not isinstance(v, pl.Series) or not isinstance(start, int) or not isinstance(end, int):
        return NotImplemented
    first = max(start, 0)
    return v.str.slice(first, max(end - first, 0))

"""strings.replace, replaceAll, repeat: other pieces in a text's place."""

from __future__ import annotations

from typing import Any

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.stdlib.strings.checked import text_function
from influxlite.flux.texts import check_column, check_length


@text_function("(v: string, t: string, u: string, i: int) => string")
def replace(v: str, t: str, u: str, i: int) -> str:
    """Its first `i` pieces `t` replaced by `u`, all of them where `i` is negative.

    import "strings"
    array.from(rows: [{a: strings.replace(v: "oink oink oink", t: "oink", u: "moo", i: 2)}])
    """
    found = v.count(t) if i < 0 else min(i, v.count(t))
    check_length(len(v) + found * (len(u) - len(t)), "strings.replace")
    return v.replace(t, u, i)


@text_function("(v: string, t: string, u: string) => string")
def replace_all(v: str, t: str, u: str) -> str:
    """All its pieces `t` replaced by `u`.

    import "strings"
    array.from(rows: [{a: strings.replaceAll(v: "oink oink oink", t: "oink", u: "moo")}])
    """
    check_length(len(v) + v.count(t) * (len(u) - len(t)), "strings.replaceAll")
    return v.replace(t, u)


@replace_all.on_columns
def replace_all_columns(v: Any, t: Any, u: Any) -> Any:
    """At once where the pieces are the same for all rows."""
    if not isinstance(v, pl.Series) or not isinstance(t, str) or not isinstance(u, str):
        return NotImplemented
    if len(u) > len(t):
        found = v.str.count_matches(t, literal=True).cast(pl.Int64)
        check_column(v.str.len_chars() + found * (len(u) - len(t)), "strings.replaceAll")
    return v.str.replace_all(t, u, literal=True)


@text_function("(v: string, i: int) => string")
def repeat(v: str, i: int) -> str:
    """It, `i` times over.

    import "strings"
    array.from(rows: [{a: strings.repeat(v: "ha", i: 3)}])
    """
    if i < 0:
        raise FluxError("internal error", "panic: strings: negative Repeat count")
    check_length(len(v) * i, "strings.repeat")
    return v * i if v else ""

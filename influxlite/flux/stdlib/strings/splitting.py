"""strings.split, splitAfter, splitN, splitAfterN, joinStr: from a text to an array of texts, and back."""

from __future__ import annotations

from typing import Any

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.stdlib.registry import function
from influxlite.flux.stdlib.strings.checked import text_function
from influxlite.flux.texts import check_length
from influxlite.flux.values import is_null
from influxlite.flux.vectors import Vec


def parts_of(v: str, t: str, i: int) -> list[str]:
    """`v` cut at the pieces `t` into at most `i` parts (all where `i` is negative).

    The empty `t` is between all characters.
    """
    if i == 0:
        return []
    if t:
        return v.split(t) if i < 0 else v.split(t, i - 1)
    return list(v) if i < 0 or i >= len(v) else [*v[: i - 1], v[i - 1 :]]


def _kept(parts: list[str], t: str) -> list[str]:
    """The parts, each but the last with the piece that ended it."""
    return [p + t for p in parts[:-1]] + parts[-1:]


@text_function("(v: string, t: string) => [string]")
def split(v: str, t: str) -> list[str]:
    """Its parts between the pieces `t`.

    import "strings"
    array.from(rows: [{a: strings.split(v: "a flux of foxes", t: " ")[1]}])
    """
    return parts_of(v, t, -1)


@text_function("(v: string, t: string) => [string]")
def split_after(v: str, t: str) -> list[str]:
    """Its parts, each with the `t` that ended it.

    import "strings"
    array.from(rows: [{a: strings.splitAfter(v: "a flux of foxes", t: " ")[1]}])
    """
    return _kept(parts_of(v, t, -1), t)


@text_function("(v: string, t: string, i: int) => [string]", "splitN")
def split_n(v: str, t: str, i: int) -> list[str]:
    """Its first `i` parts, the last of them with all the rest; all where `i` is negative.

    import "strings"
    array.from(rows: [{a: strings.splitN(v: "a flux of foxes", t: " ", i: 3)[2]}])
    """
    return parts_of(v, t, i)


@text_function("(v: string, t: string, i: int) => [string]", "splitAfterN")
def split_after_n(v: str, t: str, i: int) -> list[str]:
    """As `splitN`, each part with the `t` that ended it.

    import "strings"
    array.from(rows: [{a: strings.splitAfterN(v: "a flux of foxes", t: " ", i: 3)[1]}])
    """
    return _kept(parts_of(v, t, i), t)


NULL_ELEMENT = 'expected elements of argument "arr" to be of type string, got type string value <nil>'
NULL_GLUE = 'expected argument "v" to be of type string, got type string value <nil>'


@function("(arr: [string], v: string) => string")
def join_str(arr: list[str], v: str) -> str:
    """The texts of an array with `v` between them.

    import "strings"
    array.from(rows: [{a: strings.joinStr(arr: ["a", "b"], v: ",")}])
    """
    if any(map(is_null, arr)):
        raise FluxError("internal error", NULL_ELEMENT)
    if is_null(v):
        raise FluxError("internal error", NULL_GLUE)
    check_length(sum(map(len, arr)) + len(v) * len(arr), "strings.joinStr")
    return v.join(arr)


@join_str.columns
def join_str_columns(arr: Any, v: Any) -> Any:
    """At once where the array is one of columns and constants."""
    if not isinstance(arr, list) or not isinstance(v, str):
        return NotImplemented
    pieces = []
    for i, element in enumerate(arr):
        if isinstance(element, Vec) and element.kind == "string":
            if element.series.null_count():
                raise FluxError("internal error", NULL_ELEMENT)
            pieces.append(element.series.rename(f"p{i}"))
        elif isinstance(element, str):
            pieces.append(pl.lit(element))
        else:
            return NotImplemented
    return Vec(pl.select(pl.concat_str(pieces, separator=v)).to_series(), "string")

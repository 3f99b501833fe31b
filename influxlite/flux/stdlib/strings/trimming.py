"""strings.trim, trimLeft, trimRight, trimSpace, trimPrefix, trimSuffix: texts without what is at their ends."""

from __future__ import annotations

from typing import Any

import polars as pl

from influxlite.flux.stdlib.strings.cases import REFUSAL
from influxlite.flux.stdlib.strings.checked import text_function

SPACE = (
    "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's white space."""


@text_function("(v: string, cutset: string) => string")
def trim(v: str, cutset: str) -> str:
    """Without the characters of `cutset` at both ends.

    import "strings"
    array.from(rows: [{a: strings.trim(v: ".abc.", cutset: ".")}])
    """
    return v.strip(cutset)


@trim.on_columns
def trim_columns(v: Any, cutset: Any) -> Any:
    """At once where the characters are the same for all rows."""
    return v.str.strip_chars(cutset) if isinstance(cutset, str) and cutset else NotImplemented


@text_function("(v: string, cutset: string) => string")
def trim_left(v: str, cutset: str) -> str:
    """Without the characters of `cutset` at the beginning.

    import "strings"
    array.from(rows: [{a: strings.trimLeft(v: ".abc.", cutset: ".")}])
    """
    return v.lstrip(cutset)


@text_function("(v: string, cutset: string) => string")
def trim_right(v: str, cutset: str) -> str:
    """Without the characters of `cutset` at the end.

    import "strings"
    array.from(rows: [{a: strings.trimRight(v: ".abc.", cutset: ".")}])
    """
    return v.rstrip(cutset)


@text_function("(v: string) => string", refusal=REFUSAL)
def trim_space(v: str) -> str:
    """Without white space at both ends.

    import "strings"
    array.from(rows: [{a: strings.trimSpace(v: " abc ")}])
    """
    return v.strip(SPACE)


@trim_space.on_columns
def trim_space_columns(v: pl.Series) -> Any:
    """At once."""
    return v.str.strip_chars(SPACE)


@text_function("(v: string, prefix: string) => string")
def trim_prefix(v: str, prefix: str) -> str:
    """Without `prefix`, where it begins so.

    import "strings"
    array.from(rows: [{a: strings.trimPrefix(v: "123_abc", prefix: "123")}])
    """
    return v.removeprefix(prefix)


@trim_prefix.on_columns
def trim_prefix_columns(v: Any, prefix: Any) -> Any:
    """At once."""
    return pl.lit(v).str.strip_prefix(pl.lit(prefix))


@text_function("(v: string, suffix: string) => string")
def trim_suffix(v: str, suffix: str) -> str:
    """Without `suffix`, where it ends so.

    import "strings"
    array.from(rows: [{a: strings.trimSuffix(v: "abc_123", suffix: "123")}])
    """
    return v.removesuffix(suffix)


@trim_suffix.on_columns
def trim_suffix_columns(v: Any, suffix: Any) -> Any:
    """At once."""
    return pl.lit(v).str.strip_suffix(pl.lit(suffix))

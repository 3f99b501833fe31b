"""strings.hasPrefix, hasSuffix, containsStr, containsAny, equalFold, compare, countStr, index, indexAny, lastIndex,
lastIndexAny: what is in a text, and where. Places count bytes of UTF-8, as InfluxDB counts them."""

from __future__ import annotations

from typing import Any

import polars as pl

from influxlite.flux.stdlib.strings.checked import text_function


@text_function("(v: string, prefix: string) => bool")
def has_prefix(v: str, prefix: str) -> bool:
    """Whether it begins with `prefix`.

    import "strings"
    array.from(rows: [{a: strings.hasPrefix(v: "go gopher", prefix: "go")}])
    """
    return v.startswith(prefix)


@has_prefix.on_columns
def has_prefix_columns(v: Any, prefix: Any) -> Any:
    """At once."""
    return pl.lit(v).str.starts_with(pl.lit(prefix))


@text_function("(v: string, suffix: string) => bool")
def has_suffix(v: str, suffix: str) -> bool:
    """Whether it ends with `suffix`.

    import "strings"
    array.from(rows: [{a: strings.hasSuffix(v: "go gopher", suffix: "er")}])
    """
    return v.endswith(suffix)


@has_suffix.on_columns
def has_suffix_columns(v: Any, suffix: Any) -> Any:
    """At once."""
    return pl.lit(v).str.ends_with(pl.lit(suffix))


@text_function("(v: string, substr: string) => bool")
def contains_str(v: str, substr: str) -> bool:
    """Whether `substr` is in it.

    import "strings"
    array.from(rows: [{a: strings.containsStr(v: "abc", substr: "b")}])
    """
    return substr in v


@contains_str.on_columns
def contains_str_columns(v: Any, substr: Any) -> Any:
    """At once."""
    return pl.lit(v).str.contains(pl.lit(substr), literal=True)


@text_function("(v: string, chars: string) => bool")
def contains_any(v: str, chars: str) -> bool:
    """Whether any character of `chars` is in it.

    import "strings"
    array.from(rows: [{a: strings.containsAny(v: "abc", chars: "cx")}])
    """
    return any(c in v for c in chars)


@text_function("(v: string, t: string) => bool")
def equal_fold(v: str, t: str) -> bool:
    """Whether two texts are equal but for capitals, character by character (so `ß` is not `SS`).

    import "strings"
    array.from(rows: [{a: strings.equalFold(v: "Go", t: "go")}])
    """
    return len(v) == len(t) and all(a.casefold() == b.casefold() for a, b in zip(v, t, strict=True))


@text_function("(v: string, t: string) => int")
def compare(v: str, t: str) -> int:
    """-1, 0 or 1 as `v` comes before, is, or comes after `t`.

    import "strings"
    array.from(rows: [{a: strings.compare(v: "a", t: "b")}])
    """
    return (v > t) - (v < t)


@text_function("(v: string, substr: string) => int")
def count_str(v: str, substr: str) -> int:
    """How often `substr` is in it, without overlaps; the empty text is around every character.

    import "strings"
    array.from(rows: [{a: strings.countStr(v: "Hello mello fello", substr: "ello")}])
    """
    return v.count(substr)


def byte_of(v: str, position: int) -> int:
    """The byte at which character number `position` begins; -1 stays."""
    return -1 if position < 0 else len(v[:position].encode())


@text_function("(v: string, substr: string) => int")
def index(v: str, substr: str) -> int:
    """The byte at which `substr` first begins, -1 for never.

    import "strings"
    array.from(rows: [{a: strings.index(v: "go gopher", substr: "go")}])
    """
    return byte_of(v, v.find(substr))


@index.on_columns
def index_columns(v: Any, substr: Any) -> Any:
    """At once, where the texts are columns and `substr` the same for all."""
    if not isinstance(v, pl.Series) or not isinstance(substr, str) or not substr:
        return NotImplemented
    return v.str.find(substr, literal=True).cast(pl.Int64()).fill_null(-1)


@text_function("(v: string, chars: string) => int")
def index_any(v: str, chars: str) -> int:
    """The byte of the first character that is among `chars`, -1 for none.

    import "strings"
    array.from(rows: [{a: strings.indexAny(v: "golang", chars: "gy")}])
    """
    return byte_of(v, next((i for i, c in enumerate(v) if c in chars), -1))


@text_function("(v: string, substr: string) => int")
def last_index(v: str, substr: str) -> int:
    """The byte at which `substr` last begins, -1 for never.

    import "strings"
    array.from(rows: [{a: strings.lastIndex(v: "go gopher", substr: "go")}])
    """
    return byte_of(v, v.rfind(substr))


@text_function("(v: string, chars: string) => int")
def last_index_any(v: str, chars: str) -> int:
    """The byte of the last character that is among `chars`, -1 for none.

    import "strings"
    array.from(rows: [{a: strings.lastIndexAny(v: "golang", chars: "gy")}])
    """
    return byte_of(v, max((i for i, c in enumerate(v) if c in chars), default=-1))

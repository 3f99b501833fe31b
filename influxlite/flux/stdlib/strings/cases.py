"""strings.toUpper, toLower, title, toTitle: capital and small letters, one character for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from influxlite.flux.stdlib.strings.checked import text_function

REFUSAL = "cannot convert argument of type {kind} value <nil> to upper case"


def upper_letter(c: str) -> str:
    """The capital of a character, itself where Unicode has none of a single character."""
    if len(c.upper()) == 1:
        return c.upper()
    return title_letter(c)


def lower_letter(c: str) -> str:
    """The small letter of a character (only `İ` has no single one in Python, but has `i` in Unicode)."""
    return c.lower() if len(c.lower()) == 1 else c.lower()[0]


def title_letter(c: str) -> str:
    """The character as the first of a title's word."""
    return c.title() if len(c.title()) == 1 else c


@text_function("(v: string) => string", refusal=REFUSAL)
def to_upper(v: str) -> str:
    """In capital letters.

    import "strings"
    array.from(rows: [{a: strings.toUpper(v: "koala")}])
    """
    return v.upper() if v.isascii() else "".join(map(upper_letter, v))


@text_function("(v: string) => string", refusal=REFUSAL)
def to_lower(v: str) -> str:
    """In small letters.

    import "strings"
    array.from(rows: [{a: strings.toLower(v: "KOALA")}])
    """
    return v.lower() if v.isascii() else "".join(map(lower_letter, v))


def _ascii(v: pl.Series, whole: Callable[[pl.Series], pl.Series]) -> Any:
    """The whole column at once where all of it is ASCII; beyond that polars gives `SS` for `ß`, Flux does not."""
    return whole(v) if (v.str.len_bytes() == v.str.len_chars()).all() else NotImplemented


@to_upper.on_columns
def to_upper_columns(v: pl.Series) -> Any:
    """At once where it is ASCII."""
    return _ascii(v, lambda s: s.str.to_uppercase())


@to_lower.on_columns
def to_lower_columns(v: pl.Series) -> Any:
    """At once where it is ASCII."""
    return _ascii(v, lambda s: s.str.to_lowercase())


@text_function("(v: string) => string", refusal=REFUSAL)
def title(v: str) -> str:
    """The first letter of each word as a capital. Words end at ASCII punctuation and at spaces.

    import "strings"
    array.from(rows: [{a: strings.title(v: "the little blue truck")}])
    """
    out, before = [], " "
    for c in v:
        out.append(title_letter(c) if _ends_word(before) else c)
        before = c
    return "".join(out)


def _ends_word(c: str) -> bool:
    if c.isascii():
        return not (c.isalnum() or c == "_")
    return c.isspace()


@text_function("(v: string) => string", refusal=REFUSAL)
def to_title(v: str) -> str:
    """All letters as capitals of titles.

    import "strings"
    array.from(rows: [{a: strings.toTitle(v: "a flux of foxes")}])
    """
    return "".join(map(title_letter, v))

"""How long texts may become: a function that makes much of little is asked beforehand, as steps are for their rows.

InfluxDB takes any memory for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from influxlite.flux.errors import invalid

MAX_LENGTH = 10_000_000
"""Characters of one text that a function makes."""
MAX_TOGETHER = 1 << 30
"""Characters of all texts of a column that a function makes; `Limits.memory_bytes` are looked at behind each step."""
_LONG = 1_000


def check_length(length: int, what: str) -> None:
    """FluxError where `what` would make a text of more characters than one may have."""
    if length > MAX_LENGTH:
        raise invalid(f"{what} would make more than {MAX_LENGTH} characters")


def check_column(lengths: pl.Series, what: str) -> None:
    """FluxError where `what` would make a column whose texts are too long, one of them or all together."""
    check_length(lengths.max() or 0, what)  # pyright: ignore[reportArgumentType] - numbers have one
    if (lengths.sum() or 0) > MAX_TOGETHER:
        raise invalid(f"{what} would make a column of more than {MAX_TOGETHER} characters")


def quoted(text: str) -> str:
    """A text as Go's %q writes it."""
    return '"' + "".join(_ESCAPES.get(letter) or _shown(letter) for letter in text) + '"'


_ESCAPES = dict(zip('\a\b\f\n\r\t\v\\"', (f"\\{letter}" for letter in 'abfnrtv\\"'), strict=True))


def _shown(letter: str) -> str:
    if letter == " " or (letter.isprintable() and not letter.isspace()):
        return letter
    code = ord(letter)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def bounded(values: Iterable[Any]) -> list[Any]:
    """The values as a list; FluxError as soon as the texts among them are too long together."""
    kept, together = [], 0
    for value in values:
        if type(value) is str and len(value) > _LONG:
            together += len(value)
            if together > MAX_TOGETHER:
                raise invalid(f"a function would make a column of more than {MAX_TOGETHER} characters")
        kept.append(value)
    return kept

"""strings.isDigit, isLetter, isLower, isUpper: what a text of one byte is."""

from __future__ import annotations

from influxlite.flux.errors import FluxError
from influxlite.flux.stdlib.strings.checked import text_function

SIGNATURE = "(v: string) => bool"
REFUSAL = "procedure cannot be executed"


def _single(v: str) -> str:
    """The text, which must be one byte; FluxError for any other, characters beyond ASCII included."""
    if len(v.encode()) != 1:
        raise FluxError("internal error", '"v" is not a valid argument: argument length is not equal to 1')
    return v


@text_function(SIGNATURE, refusal=REFUSAL)
def is_digit(v: str) -> bool:
    """Whether it is one digit.

    import "strings"
    array.from(rows: [{a: strings.isDigit(v: "7")}])
    """
    return _single(v).isdecimal()


@text_function(SIGNATURE, refusal=REFUSAL)
def is_letter(v: str) -> bool:
    """Whether it is one letter.

    import "strings"
    array.from(rows: [{a: strings.isLetter(v: "A")}])
    """
    return _single(v).isalpha()


@text_function(SIGNATURE, refusal=REFUSAL)
def is_lower(v: str) -> bool:
    """Whether it is one small letter.

    import "strings"
    array.from(rows: [{a: strings.isLower(v: "a")}])
    """
    return _single(v).islower()


@text_function(SIGNATURE, refusal=REFUSAL)
def is_upper(v: str) -> bool:
    """Whether it is one capital letter.

    import "strings"
    array.from(rows: [{a: strings.isUpper(v: "A")}])
    """
    return _single(v).isupper()

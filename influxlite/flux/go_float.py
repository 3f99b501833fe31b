"""Floats read as Go's `strconv.ParseFloat` reads them."""

from __future__ import annotations

import math
import re

_DIGITS = r"[0-9](?:_?[0-9])*"
_HEX = r"[0-9a-f](?:_?[0-9a-f])*"
_DECIMAL = re.compile(rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:e[+-]?{_DIGITS})?", re.I | re.ASCII)
_HEXADECIMAL = re.compile(rf"[+-]?0x(?:_?{_HEX}(?:\.(?:{_HEX})?)?|\.{_HEX})p[+-]?{_DIGITS}", re.I | re.ASCII)
_SPECIAL = re.compile(r"[+-]?inf(?:inity)?|nan", re.I | re.ASCII)


def parse_float(text: str) -> float:
    """The float that a text writes: decimal, hexadecimal with an exponent `p`, `inf`, `infinity`, `nan`.

    ValueError "invalid syntax" or "value out of range", as Go says it.
    """
    if _SPECIAL.fullmatch(text):
        return float(text)
    if _DECIMAL.fullmatch(text):
        number = float(text)
    elif _HEXADECIMAL.fullmatch(text):
        number = _hexadecimal(text.replace("_", ""))
    else:
        raise ValueError("invalid syntax")
    if math.isinf(number):
        raise ValueError("value out of range")
    return number


def _hexadecimal(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return math.inf

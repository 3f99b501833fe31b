"""JSON texts to plain values, with the complaints of Go's reader."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from influxlite.flux.errors import FluxError
from influxlite.flux.texts import quoted

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = " \t\n\r"
_DIGITS = "0123456789"


def read_json(data: bytes) -> Any:
    """The value: None, str, bool, float, list or dict; FluxError (internal error) in Go's words for what is no JSON."""
    text = data.decode("utf-8", "replace")
    try:
        value = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_refuse_constant)
    except RecursionError:
        raise FluxError("internal error", "exceeded max depth") from None
    except ValueError:
        raise FluxError("internal error", complaint(data)) from None
    return _without_surrogates(value) if "\\u" in text else value


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise FluxError("internal error", f"json: cannot unmarshal number {text} into Go value of type float64")
    return number


def _refuse_constant(name: str) -> NoReturn:
    """NaN and Infinity, which Python would read, are no JSON."""
    raise ValueError(name)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(v) for v in value]
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    return value


class _WrongError(Exception):
    """Carries the complaint."""


def complaint(data: bytes) -> str:
    """What Go says is wrong with a text that is no JSON; it looks at bytes, and at a space behind the last."""
    text = data.decode("latin-1") + " "
    try:
        end = _skip(text, _value(text, _skip(text, 0)))
        if end < len(text):
            raise _wrong(text, end, "after top-level value")
    except _WrongError as fault:
        return str(fault)
    return "unexpected end of JSON input"


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _wrong(text: str, at: int, context: str) -> _WrongError:
    if at >= len(text):
        return _WrongError("unexpected end of JSON input")
    letter = text[at]
    shown = {"'": "\\'", '"': '"'}.get(letter) or quoted(letter if ord(letter) < 0x80 else chr(letter.encode()[0]))[
        1:-1
    ]
    return _WrongError(f"invalid character '{shown}' {context}")


def _value(text: str, at: int) -> int:
    """The place behind the value that begins at `at`."""
    letter = text[at] if at < len(text) else ""
    if letter == "{":
        return _object(text, _skip(text, at + 1))
    if letter == "[":
        return _array(text, _skip(text, at + 1))
    if letter == '"':
        return _string(text, at + 1)
    if letter and letter in "-" + _DIGITS:
        return _numeral(text, at)
    for word in ("true", "false", "null"):
        if letter == word[0]:
            for i, expected in enumerate(word):
                if text[at + i] != expected:
                    raise _wrong(text, at + i, f"in literal {word} (expecting '{expected}')")
            return at + len(word)
    raise _wrong(text, at, "looking for beginning of value")


def _object(text: str, at: int) -> int:
    if text[at : at + 1] == "}":
        return at + 1
    while True:
        if text[at : at + 1] != '"':
            raise _wrong(text, at, "looking for beginning of object key string")
        at = _skip(text, _string(text, at + 1))
        if text[at : at + 1] != ":":
            raise _wrong(text, at, "after object key")
        at = _skip(text, _value(text, _skip(text, at + 1)))
        if text[at : at + 1] == "}":
            return at + 1
        if text[at : at + 1] != ",":
            raise _wrong(text, at, "after object key:value pair")
        at = _skip(text, at + 1)


def _array(text: str, at: int) -> int:
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        at = _skip(text, _value(text, at))
        if text[at : at + 1] == "]":
            return at + 1
        if text[at : at + 1] != ",":
            raise _wrong(text, at, "after array element")
        at = _skip(text, at + 1)


def _string(text: str, at: int) -> int:
    while at < len(text) and text[at] != '"':
        if text[at] < " ":
            raise _wrong(text, at, "in string literal")
        if text[at] == "\\":
            at += 1
            if at < len(text) and text[at] not in 'bfnrt\\/"u':
                raise _wrong(text, at, "in string escape code")
            if text[at : at + 1] == "u":
                for place in range(at + 1, at + 5):
                    if place < len(text) and text[place] not in "0123456789abcdefABCDEF":
                        raise _wrong(text, place, "in \\u hexadecimal character escape")
                at += 4
        at += 1
    if at >= len(text):
        raise _wrong(text, at, "")
    return at + 1


def _numeral(text: str, at: int) -> int:
    if text[at] == "-":
        at += 1
        if text[at] not in _DIGITS:
            raise _wrong(text, at, "in numeric literal")
    at = at + 1 if text[at] == "0" else _run(text, at)
    if text[at] == ".":
        at += 1
        if text[at] not in _DIGITS:
            raise _wrong(text, at, "after decimal point in numeric literal")
        at = _run(text, at)
    if text[at] in "eE":
        at += 1
        at += text[at] in "+-"
        if text[at] not in _DIGITS:
            raise _wrong(text, at, "in exponent of numeric literal")
        at = _run(text, at)
    return at


def _run(text: str, at: int) -> int:
    while text[at] in _DIGITS:
        at += 1
    return at

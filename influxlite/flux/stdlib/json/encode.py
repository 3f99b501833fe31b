"""json.encode: a value as JSON."""

from __future__ import annotations

import base64
import json
import math
import re
from typing import Any

from influxlite.flux.conversions import float_text, time_text
from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.functions import Function
from influxlite.flux.plan.steps import Stream
from influxlite.flux.stdlib.registry import function
from influxlite.flux.stdlib.universe.display import displayed
from influxlite.flux.values import Dict, Duration, Dynamic, Record, Regexp, Time, is_null

_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029", "\x7f": "\x7f"}
)


@function("(v: A) => bytes")
def encode(v: Any) -> bytes:
    """`v` as JSON in one line: names in order, times in RFC 3339, durations and regular expressions as texts.

    import "json"
    array.from(rows: [{a: string(v: json.encode(v: {b: 1, c: [true, false]}))}])
    """
    return encoded(v).encode()


def encoded(value: Any) -> str:
    """The JSON text of a Flux value; FluxError for what has none."""
    if isinstance(value, Dynamic):
        return encoded(value.inner)
    if is_null(value):
        return "null"
    if hasattr(value, "as_record"):
        value = value.as_record()
    if isinstance(value, list):
        return f"[{','.join(map(encoded, value))}]"
    if isinstance(value, Dict):
        return _object({displayed(k, 0): v for k, v in value.entries.items()})
    if isinstance(value, Record):
        return _object(value)
    return _basic(value)


def _object(properties: dict[str, Any]) -> str:
    return f"{{{','.join(f'{_text(k)}:{encoded(properties[k])}' for k in sorted(properties))}}}"


def _basic(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Time):
        return _text(time_text(value))
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, (str, Duration, Regexp)):
        return _text(str(value))
    if isinstance(value, bytes):
        return _text(base64.b64encode(value).decode())
    if isinstance(value, Stream):
        raise invalid(
            "got table stream instead of array. Try using tableFind() or findRecord() to extract data from stream"
        )
    if isinstance(value, Function):
        raise invalid("cannot encode a function value")
    raise invalid(f"cannot encode a {type(value).__name__}")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPES)


def _number(number: float) -> str:
    """As Go's encoder: an exponent below 1e-6 and from 1e21 on."""
    if not math.isfinite(number):
        raise FluxError("internal error", f"json: unsupported value: {float_text(number)}")
    size = abs(number)
    if not size or 1e-6 <= size < 1e21:
        return float_text(number)
    text = repr(number)
    mantissa, _, exponent = (text if "e" in text else f"{number:e}").partition("e")
    return f"{re.sub(r'[.]0+$', '', mantissa)}e{'-' if exponent[0] == '-' else '+'}{exponent.lstrip('+-').lstrip('0')}"

"""hex.int, uint, string, bytes: to and from hexadecimal."""

from __future__ import annotations

import re
from typing import Any

from influxlite.flux.conversions import to_text
from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import function
from influxlite.flux.texts import quoted
from influxlite.flux.values import UInt, is_null, type_name

LOW, HIGH = -(1 << 63), 1 << 63


def _text(v: Any, what: str) -> str:
    if not isinstance(v, str):
        raise invalid(f"hex cannot convert {type_name(v)} to {what}")
    return v


@function("(v: string) => int", "int")
def int_(v: Any) -> int | None:
    """A hexadecimal text as an integer, with or without `0x`.

    import "contrib/bonitoo-io/hex"
    array.from(rows: [{v: hex.int(v: "-0xff")}])
    """
    if is_null(v):
        return None
    match = re.fullmatch(r"([+-]?)(?:0x)?([0-9a-fA-F]+)", _text(v, "int"), re.ASCII)
    number = int(match[1] + match[2], 16) if match else HIGH
    if not LOW <= number < HIGH:
        raise invalid(f"cannot convert string {quoted(v)} to int due to invalid syntax")
    return number


@function("(v: string) => uint")
def uint(v: Any) -> UInt | None:
    """A hexadecimal text as an unsigned integer, with or without `0x`.

    import "contrib/bonitoo-io/hex"
    array.from(rows: [{v: hex.uint(v: "ff")}])
    """
    if is_null(v):
        return None
    match = re.fullmatch(r"(?:0x)?([0-9a-fA-F]+)", _text(v, "uint"), re.ASCII)
    if match is None or int(match[1], 16) >= 1 << 64:
        raise invalid(f"cannot convert string {quoted(v)} to uint due to invalid syntax")
    return UInt(int(match[1], 16))


@function("(v: A) => string")
def string(v: Any) -> str | None:
    """A value as text: integers and bytes in hexadecimal, all else as `string` of the universe writes it.

    import "contrib/bonitoo-io/hex"
    array.from(rows: [{v: hex.string(v: 255)}])
    """
    if is_null(v):
        return None
    kind = type_name(v)
    if kind in ("int", "uint"):
        return f"{int(v):x}"
    if kind == "bytes":
        return v.hex()
    if kind not in ("string", "float", "bool", "time", "duration"):
        raise invalid(f"cannot convert {kind} to string")
    return to_text(v)


@function("(v: string) => bytes", "bytes")
def bytes_(v: Any) -> bytes:
    """The bytes that a hexadecimal text stands for.

    import "contrib/bonitoo-io/hex"
    array.from(rows: [{v: string(v: hex.bytes(v: "6c6974"))}])
    """
    text = _text(v, "bytes")
    strange = re.search(r"[^0-9a-fA-F]", text)
    if strange or len(text) % 2:
        why = f"invalid byte: U+{ord(strange[0]):04X} '{strange[0]}'" if strange else "odd length hex string"
        raise invalid(f"cannot convert string {quoted(v)} to bytes due to hex decoding error: encoding/hex: {why}")
    return bytes.fromhex(text)

"""Bodies as Go writes and reads JSON: the answers of this server, and the words for what cannot be read."""

import itertools
import json
import re
from typing import Any, NoReturn

from flask import Response

from influxlite.server.errors import ApiError

JSON_TYPE = "application/json; charset=utf-8"
_HTML = str.maketrans({"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def dump(body: object, *, tabbed: bool) -> bytes:
    """JSON in one line, or indented by tabs, with the characters escaped that Go escapes."""
    if tabbed:
        text = json.dumps(body, indent="\t", ensure_ascii=False)
    else:
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_HTML).encode()


def answer(body: object, status: int = 200, *, tabbed: bool = True, end: str = "") -> Response:
    """An answer in JSON."""
    return Response(dump(body, tabbed=tabbed) + end.encode(), status=status, content_type=JSON_TYPE)


def refuse(fault: ApiError) -> Response:
    """The answer to a request that is refused."""
    response = answer({"code": fault.code, "message": fault.message}, fault.status, tabbed=fault.tabbed)
    response.headers["X-Platform-Error-Code"] = fault.code
    return response


LITERALS = ("null", "true", "false")
MOST_DIGITS = 50
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class UnreadableError(ValueError):
    """A body is not the JSON that it should be; the message is Go's."""


def decode(body: bytes) -> Any:
    """The JSON value at the start of a body; UnreadableError with Go's words where there is none.

    Half of a pair of escapes, which is no character, is U+FFFD, as for Go.
    """
    text = body.decode("utf-8", "replace").lstrip()
    if not text:
        raise UnreadableError("EOF")
    try:
        value = _value(text)
        if "\\u" in text and _LONE_SURROGATE.search(told := json.dumps(value, ensure_ascii=False)):
            value = json.loads(_LONE_SURROGATE.sub("\ufffd", told))
        return value
    except (json.JSONDecodeError, RecursionError) as fault:
        raise UnreadableError(_complaint(fault, text)) from None


def _value(text: str) -> Any:
    """The JSON value at the start of a text."""
    try:
        return json.JSONDecoder(parse_constant=_no_constant).raw_decode(text)[0]
    except (json.JSONDecodeError, UnreadableError):
        raise
    except ValueError:  # a number of more digits than Python reads is one all the same, beyond every bound
        cut = json.JSONDecoder(parse_constant=_no_constant, parse_int=lambda digits: int(digits[:MOST_DIGITS]))
        return cut.raw_decode(text)[0]


def _no_constant(word: str) -> NoReturn:
    """NaN and Infinity, which Python would read, are no JSON."""
    place = "in numeric literal" if word.startswith("-") else "looking for beginning of value"
    raise UnreadableError(f"invalid character {quoted(word.removeprefix('-')[0])} {place}")


def _complaint(fault: json.JSONDecodeError | RecursionError, text: str) -> str:
    """Go's words for what Python's decoder found."""
    if isinstance(fault, RecursionError):
        return "exceeded max depth"
    if fault.pos >= len(text) or fault.msg.startswith("Unterminated"):
        return "unexpected EOF"
    for word in LITERALS:
        if fault.msg == "Expecting value" and text[fault.pos] == word[0]:
            return _spoiled(word, text[fault.pos :])
    place = {
        "Expecting value": "looking for beginning of value",
        "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
        "Expecting ':' delimiter": "after object key",
        "Expecting ',' delimiter": "after object key:value pair",
    }.get(fault.msg, "in string literal")
    return f"invalid character {quoted(text[fault.pos])} {place}"


def _spoiled(word: str, text: str) -> str:
    """Go's words for a text that begins like `null`, `true` or `false` and is not."""
    for letter, found in itertools.zip_longest(word, text[: len(word)]):
        if found is None:
            break
        if found != letter:
            return f"invalid character {quoted(found)} in literal {word} (expecting {quoted(letter)})"
    return "unexpected EOF"


def quoted(letter: str) -> str:
    """A letter as Go quotes it in such a message."""
    if letter < " ":
        return f"'\\x{ord(letter):02x}'"
    return "'\\''" if letter == "'" else f"'{letter}'"


GO_TYPES = {str: "string", int: "int64", bool: "bool", list: "[]", dict: "struct"}
GO_NAMES = {str: "string", int: "number", float: "number", bool: "bool", list: "array", dict: "object"}


def read_object(body: bytes, name: str, fields: dict[str, type], *, lead: str = "failed to unmarshal json: ") -> dict:
    """An object with fields of these types; absent and null fields are left out, unknown ones ignored, as Go does.

    `name` is the structure's name in InfluxDB, which its messages repeat. ApiError (invalid) otherwise.
    """
    try:
        return typed(decode(body), name, fields)
    except UnreadableError as fault:
        raise ApiError("invalid", f"{lead}{fault}", tabbed=True) from None


def typed(value: Any, name: str, fields: dict[str, type], go_types: dict[str, str] | None = None) -> dict:
    """The fields of a JSON value that must be an object, as `read_object` gives them; UnreadableError otherwise.

    `go_types` are InfluxDB's names for the types of fields that are not plain ones.
    """
    if not isinstance(value, dict):
        raise UnreadableError(
            f"json: cannot unmarshal {GO_NAMES.get(type(value), 'null')} into Go value of type {name}"
        )
    found = {}
    for field, kind in fields.items():
        given = value.get(field)
        if given is None:
            continue
        if not isinstance(given, kind) or (kind is int and isinstance(given, bool)):
            told = (go_types or {}).get(field) or GO_TYPES[kind]
            place = f"{name.partition('.')[2] or name}.{field}"
            raise UnreadableError(
                f"json: cannot unmarshal {GO_NAMES[type(given)]} into Go struct field {place} of type {told}"
            )
        found[field] = given
    return found

"""dynamic.dynamic, asArray, isType, jsonParse, jsonEncode: from values to dynamic ones and back."""

from __future__ import annotations

from typing import Any

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.arguments import refuse_nulls
from influxlite.flux.stdlib.json.encode import encoded
from influxlite.flux.stdlib.json.reading import read_json
from influxlite.flux.stdlib.registry import flux, function
from influxlite.flux.stdlib.type_texts import type_of
from influxlite.flux.values import Dynamic, Record, is_null, type_name


def dynamic_of(value: Any) -> Dynamic:
    """A dynamic value; what is inside arrays and records becomes dynamic too."""
    if isinstance(value, Dynamic):
        return value
    if isinstance(value, list):
        return Dynamic([dynamic_of(v) for v in value])
    if hasattr(value, "as_record"):
        value = value.as_record()
    if isinstance(value, dict):
        return Dynamic(Record((name, dynamic_of(v)) for name, v in value.items()))
    return Dynamic(value)


@function("(v: A) => dynamic")
def dynamic(v: Any) -> Dynamic:
    """`v` as a value whose type is looked at when it is used.

    import "experimental/dynamic"
    array.from(rows: [{a: int(v: dynamic.dynamic(v: 1))}])
    """
    return dynamic_of(v)


@function("(<-v: dynamic) => [dynamic]")
def as_array(v: Any) -> list[Dynamic]:
    """The elements of a dynamic array.

    import "experimental/dynamic"
    array.from(rows: [{a: length(arr: dynamic.asArray(v: dynamic.dynamic(v: [1, 2])))}])
    """
    if is_null(v):
        raise invalid("unable to convert <null> to array")
    inner = v.inner if isinstance(v, Dynamic) else v
    if not isinstance(inner, list):
        raise invalid(f"unable to convert {type_of(inner)} to array")
    return inner


@function("(v: dynamic, type: string) => bool")
def is_type(v: Any, type: str) -> bool:  # noqa: A002 - Flux's name
    """Whether what is inside `v` is of a type: a basic one, array, object, function or dictionary.

    import "experimental/dynamic"
    array.from(rows: [{a: dynamic.isType(v: dynamic.dynamic(v: 1), type: "int")}])
    """
    if is_null(v):
        return False
    refuse_nulls(type=type)
    return type_name(v.inner if isinstance(v, Dynamic) else v) == type


@function("(data: bytes) => dynamic")
def json_parse(data: bytes) -> Dynamic:
    """The dynamic value that a JSON text means; numbers are floats.

    import "experimental/dynamic"
    array.from(rows: [{a: float(v: dynamic.jsonParse(data: bytes(v: "{\\"b\\": 1.5}")).b)}])
    """
    refuse_nulls(data=data)
    return dynamic_of(read_json(data))


@function("(v: dynamic) => bytes")
def json_encode(v: Any) -> bytes:
    """A dynamic value as JSON.

    import "experimental/dynamic"
    array.from(rows: [{a: string(v: dynamic.jsonEncode(v: dynamic.dynamic(v: [1, 2])))}])
    """
    return encoded(v).encode()


_is_not_distinct = flux(
    "(a: A, b: B) => bool",
    "(a, b) => display(v: a) == display(v: b)",
    """Whether two values, nulls among them, look the same.

    import "experimental/dynamic"
    array.from(rows: [{a: dynamic._isNotDistinct(a: dynamic.dynamic(v: 1), b: dynamic.dynamic(v: 1))}])
    """,
)

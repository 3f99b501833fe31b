"""json.parse: JSON as records and arrays."""

from __future__ import annotations

from typing import Any

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.arguments import refuse_nulls
from influxlite.flux.stdlib.json.reading import read_json
from influxlite.flux.stdlib.registry import function
from influxlite.flux.stdlib.type_texts import type_of
from influxlite.flux.values import Record


@function("(data: bytes) => A")
def parse(data: bytes) -> Any:
    """The value that a JSON text means: numbers are floats, objects records; an array's elements must be of one type.

    import "experimental/json"
    array.from(rows: [{a: json.parse(data: bytes(v: "{\\"b\\": 1.5}")).b}])
    """
    refuse_nulls(data=data)
    return _value(read_json(data))


def _value(plain: Any) -> Any:
    if isinstance(plain, dict):
        return Record((name, _value(v)) for name, v in plain.items())
    if isinstance(plain, list):
        elements = [_value(v) for v in plain]
        if len({type_of(e) for e in elements}) > 1:
            raise invalid("array values must all be the same type")
        return elements
    return plain

"""testutil.fail, yield, makeRecord, makeAny: values whose types cannot be seen."""

from __future__ import annotations

from typing import Any

from influxlite.flux.errors import FluxError
from influxlite.flux.functions import Native
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Dict, Duration, Record, Regexp, Time, UInt

MADE: dict[str, Any] = {
    "string": "foo",
    "bytes": b"foo",
    "int": 10,
    "uint": UInt(10),
    "float": 10.0,
    "bool": False,
    "time": Time(100),
    "duration": Duration(),
    "regexp": Regexp("a"),
    "array": [],
    "object": Record(),
    "function": Native(lambda: 1, "returnOne", "() => int", "function"),
    "dictionary": Dict({}),
}
"""What `makeAny` gives, by the word for its type."""


@function("() => bool", pure=False)
def fail() -> bool:
    """An error.

    import "internal/testutil"
    import "experimental"
    array.from(rows: [{msg: experimental.catch(fn: () => testutil.fail()).msg}])
    """
    raise FluxError("aborted", "fail")


@function("(<-v: A) => A", "yield")
def yield_(v: Any) -> Any:
    """`v` itself.

    import "internal/testutil"
    array.from(rows: [{a: 1 |> testutil.yield()}])
    """
    return v


@function("(o: A) => B where A: Record, B: Record")
def make_record(o: Record) -> Record:
    """The record `o` itself, of which nothing is known any more.

    import "internal/testutil"
    array.from(rows: [testutil.makeRecord(o: {a: 1})])
    """
    return o


@function("(typ: string) => A")
def make_any(typ: str) -> Any:
    """A value of the type that a word names, such as "time" or "array"; null for other words.

    import "internal/testutil"
    array.from(rows: [{a: testutil.makeAny(typ: "time")}])
    """
    return MADE.get(typ)

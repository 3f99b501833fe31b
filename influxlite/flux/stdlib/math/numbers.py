"""How the functions of this package are made: a null argument gives a null of the answer's type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.functions import parameters_of, python_name
from influxlite.flux.stdlib.registry import Builtin, function
from influxlite.flux.values import Null, Record, is_null
from influxlite.flux.vectors import Vec

Call = Callable[..., Any]


def number_function(name: str, signature: str, call: Call, doc: str, example: str) -> Builtin:
    """A function of numbers. One whose answer is a record refuses nulls, as InfluxDB's do."""
    names = [python_name(p.name) for p in parameters_of(signature)]
    kind = signature.rsplit("=> ", 1)[1]

    def python(**given: Any) -> Any:
        arguments = [given[n] for n in names]
        if any(map(is_null, arguments)):
            if kind.startswith("{"):
                raise FluxError("internal error", f"{name} does not support null values")
            return Null(kind)
        answer = call(*arguments)
        return Record(answer) if isinstance(answer, dict) else answer

    python.__name__ = name
    python.__doc__ = f'{doc}.\n\nimport "math"\narray.from(rows: [{{v: math.{name}({example})}}])\n'
    return function(signature, name)(python)


def of_one(name: str, call: Call, doc: str, whole: Callable[[pl.Series], pl.Series] | None = None) -> Builtin:
    """A function from float to float; `whole` does the same to a column."""
    made = number_function(name, "(x: float) => float", call, doc, "x: 0.5")

    def columns(x: Vec) -> Any:
        return Vec(whole(x.series), "float") if whole is not None and x.kind == "float" else NotImplemented

    if whole is not None:
        made.columns(columns)
    return made


def of_two(name: str, call: Call, doc: str, names: tuple[str, str] = ("x", "y")) -> Builtin:
    """A function from two floats to a float."""
    signature = f"({names[0]}: float, {names[1]}: float) => float"
    return number_function(name, signature, call, doc, f"{names[0]}: 2.0, {names[1]}: 3.0")

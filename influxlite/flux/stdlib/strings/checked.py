"""How the functions of this package are made: nulls are refused in InfluxDB's words before the function sees them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.functions import parameters_of, python_name
from influxlite.flux.stdlib.registry import Builtin, flux_name
from influxlite.flux.values import is_null
from influxlite.flux.vectors import Vec

GENERAL = 'expected argument "{name}" to be of type {kind}, got type {kind} value <nil>'


class TextFunction(Builtin):
    """A function of texts and integers, none of which may be null."""

    __slots__ = ("kinds", "refusal")

    def __init__(self, python: Callable[..., Any], name: str, signature: str, refusal: str) -> None:
        """`refusal` is the message for a null, with `{name}` and `{kind}` of the argument."""
        super().__init__(python, name, signature, "function")
        self.refusal = refusal
        inside = signature[1 : signature.index(")")].split(", ")
        self.kinds = {python_name(p.name): (p.name, part.split(": ")[1])
                      for p, part in zip(parameters_of(signature), inside, strict=True)}  # fmt: skip

    def refuse_null(self, argument: str, value: Any) -> None:
        """FluxError where the value of an argument is null, or a column that holds a null."""
        if value.series.null_count() if isinstance(value, Vec) else is_null(value):
            name, kind = self.kinds[argument]
            raise FluxError("internal error", self.refusal.format(name=name, kind=kind))

    def on_columns(self, python: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: how it works on columns, which come as polars series without nulls; constants stay as they are.

        It gives a series, an expression, or NotImplemented.
        """
        kind = {"string": "string", "int": "int", "bool": "bool"}[self.signature.rsplit(" ", 1)[1]]

        def columns(**given: Any) -> Any:
            for argument, value in given.items():
                if isinstance(value, Vec) and value.kind not in ("string", "int"):
                    return NotImplemented
                self.refuse_null(argument, value)
            answer = python(**{n: v.series if isinstance(v, Vec) else v for n, v in given.items()})
            return answer if answer is NotImplemented else Vec(evaluated(answer), kind)

        self.columns(columns)
        return python


def text_function(
    signature: str, name: str | None = None, refusal: str = GENERAL
) -> Callable[[Callable[..., Any]], TextFunction]:
    """Decorator as `function`, for texts and integers that may not be null."""

    def decorate(python: Callable[..., Any]) -> TextFunction:
        @functools.wraps(python)
        def checked(**given: Any) -> Any:
            for argument, value in given.items():
                made.refuse_null(argument, value)
            return python(**given)

        made = TextFunction(checked, name or flux_name(python.__name__), signature, refusal)
        return made

    return decorate


def evaluated(answer: pl.Expr | pl.Series) -> pl.Series:
    """What an expression over series gives."""
    return answer if isinstance(answer, pl.Series) else pl.select(answer).to_series()

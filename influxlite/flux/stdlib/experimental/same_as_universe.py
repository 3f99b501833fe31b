"""experimental.mean, count, first …: functions of the universe that always work on `_value`, with narrower types."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from influxlite.flux.plan.steps import Stream
from influxlite.flux.stdlib.registry import Builtin, macro

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

FLOATS = "stream[{T with _value: float}]"
ANY = "stream[{T with _value: A}]"
SIGNATURES = {
    "count": f"(<-tables: {ANY}) => stream[{{T with _value: int}}]",
    "distinct": f"(<-tables: {ANY}) => {ANY}",
    "fill": f"(<-tables: {ANY}, ?value: A, ?usePrevious: bool) => {ANY}",
    "first": f"(<-tables: {ANY}) => {ANY}",
    "histogram": f"(<-tables: {FLOATS}, bins: [float], ?normalize: bool)"
    " => stream[{T with _value: float, le: float}]",
    "histogramQuantile": "(<-tables: stream[{T with _value: float, le: float}], ?quantile: float, ?minValue: float)"
    f" => {FLOATS}",
    "integral": "(<-tables: stream[{T with _time: time, _value: B}], ?unit: duration, ?interpolate: string)"
    " => stream[{T with _value: B}]",
    "kaufmansAMA": f"(<-tables: {ANY}, n: int) => {FLOATS} where A: Numeric",
    "last": f"(<-tables: {ANY}) => {ANY}",
    "max": f"(<-tables: {ANY}) => {ANY}",
    "mean": f"(<-tables: {FLOATS}) => {FLOATS}",
    "min": f"(<-tables: {ANY}) => {ANY}",
    "mode": f"(<-tables: {ANY}) => {ANY}",
    "quantile": f"(<-tables: {FLOATS}, q: float, ?compression: float, ?method: string) => {FLOATS}",
    "skew": f"(<-tables: {FLOATS}) => {FLOATS}",
    "spread": f"(<-tables: {ANY}) => {ANY} where A: Numeric",
    "stddev": f"(<-tables: {FLOATS}, ?mode: string) => {FLOATS}",
    "sum": f"(<-tables: {ANY}) => {ANY} where A: Numeric",
    "unique": f"(<-tables: {ANY}) => {ANY}",
}
"""Flux names to types. Calls are those of the universe, so plans treat them alike."""
EXAMPLES: dict[str, tuple[str, ...]] = {
    "fill": ('{_value: 1.0}, {_value: debug.null(type: "float")}', "usePrevious: true"),
    "histogram": ("{_value: 1.0}, {_value: 3.0}", "bins: [2.0, 4.0]"),
    "histogramQuantile": ("{_value: 1.0, le: 2.0}, {_value: 4.0, le: 8.0}", "quantile: 0.5"),
    "integral": (
        "{_time: 2026-01-01T00:00:00Z, _value: 1.0}, {_time: 2026-01-01T00:01:00Z, _value: 3.0}",
        "unit: 1m",
        "\n    |> range(start: 2026-01-01T00:00:00Z, stop: 2026-01-01T00:02:00Z)",
    ),
    "kaufmansAMA": ("{_value: 1.0}, {_value: 3.0}, {_value: 2.0}", "n: 2"),
    "quantile": ("{_value: 1.0}, {_value: 3.0}", "q: 0.5"),
}
"""Rows and arguments of the examples of those that need others than most, and what stands between."""


def _like(name: str) -> Callable[..., Any]:
    def call(run: Run, **arguments: Any) -> Stream:
        given = {_FLUX_NAMES.get(key, key): value for key, value in arguments.items()}
        return run.call(run.library.universe.names[name], given)

    rows, arguments, *before = EXAMPLES.get(name, ("{_value: 1.0}, {_value: 3.0}, {_value: 3.0}", ""))
    needed = '"experimental"' + ('\nimport "internal/debug"' if "debug." in rows else "")
    call.__doc__ = f"""What `{name}` of the universe does, of the column `_value`.

import {needed}
array.from(rows: [{rows}]){"".join(before)}
    |> experimental.{name}({arguments})
"""
    return call


_FLUX_NAMES = {"use_previous": "usePrevious", "min_value": "minValue"}
FUNCTIONS: list[Builtin] = [macro(signature, name)(_like(name)) for name, signature in SIGNATURES.items()]

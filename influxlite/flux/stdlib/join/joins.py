"""join.inner, left, right, full, tables: rows of two streams with equal group keys, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.execute.block import Tables
from influxlite.flux.execute.joining import join_streams
from influxlite.flux.functions import Function
from influxlite.flux.stdlib.registry import flux, transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

SIGNATURE = (
    "(<-left: stream[L], right: stream[R], on: (l: L, r: R) => bool, as: (l: L, r: R) => A{}) => stream[A]"
    " where A: Record, L: Record, R: Record"
)


@transformation(SIGNATURE.format(", method: string"))
def tables(run: Run, left: Tables, right: Tables, on: Function, as_: Function, method: str) -> Tables:
    """Join tables of equal group keys: for rows that agree in what `on` compares, the record `as` makes of both.

    `on` compares columns by `==`, joined by `and`. Method "inner" leaves out rows without a partner; "left", "right"
    and "full" keep those of one or both sides, with nulls for the other.

        import "join"
        a = array.from(rows: [{t: 1, x: 2}])
        b = array.from(rows: [{t: 1, y: 3}])
        join.tables(left: a, right: b, on: (l, r) => l.t == r.t, as: (l, r) => ({l with y: r.y}), method: "inner")
    """
    return join_streams(run, left, right, on, as_, method)


def _written(method: str) -> str:
    return f'(left=<-, right, on, as) => tables(left: left, right: right, on: on, as: as, method: "{method}")'


_EXAMPLE = """{}

    import "join"
    a = array.from(rows: [{{t: 1, x: 2}}])
    b = array.from(rows: [{{t: 1, y: 3}}])
    join.{}(left: a, right: b, on: (l, r) => l.t == r.t, as: (l, r) => ({{l with y: r.y}}))
"""
inner = flux(SIGNATURE.format(""), _written("inner"), _EXAMPLE.format("Rows that have a partner.", "inner"))
left = flux(SIGNATURE.format(""), _written("left"), _EXAMPLE.format("All rows of `left`.", "left"))
right = flux(SIGNATURE.format(""), _written("right"), _EXAMPLE.format("All rows of `right`.", "right"))
full = flux(SIGNATURE.format(""), _written("full"), _EXAMPLE.format("All rows of both.", "full"))
time = flux(
    "(<-left: stream[{A with _time: B}], as: (l: {A with _time: B}, r: {C with _time: D}) => E, right: stream[{C "
    "with _time: D}], ?method: string) => stream[E] where B: Equatable, D: Equatable, E: Record",
    """(left=<-, right, as, method="inner") =>
        tables(left: left, right: right, on: (l, r) => l._time == r._time, as: as, method: method)""",
    """Rows of equal `_time`.

        import "join"
        a = array.from(rows: [{_time: 2026-01-01T00:00:00Z, x: 2}])
        b = array.from(rows: [{_time: 2026-01-01T00:00:00Z, y: 3}])
        join.time(left: a, right: b, as: (l, r) => ({l with y: r.y}))
    """,
)

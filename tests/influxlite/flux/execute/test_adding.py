"""`reduce` with a function that only adds or multiplies is done on whole columns, and answers as row by row."""

import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from influxlite import flux
from influxlite.flux import csv

INTS = st.integers(-(2**63) + 1, 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
ROWS = st.lists(st.tuples(st.sampled_from("abc"), INTS, FLOATS), min_size=1, max_size=30)
FUNCTION = """(r, accumulator) => ({
    n: accumulator.n + 1,
    total: (accumulator.total + r.i * 3),
    "product": accumulator["product"] * r.i,
    sum: accumulator.sum + (if r.i > 0 then r.x else 0.5),
})"""
IDENTITY = "{n: 0, total: 7, product: 1, sum: 0.25}"


def asked(rows: list[tuple[str, int, float]], fn: str, identity: str, *, vectorised: bool) -> bytes:
    """The answer of a `reduce` over rows of three columns."""
    given = ", ".join(f'{{g: "{g}", i: {i}, x: {float_text(x)}}}' for g, i, x in rows)
    table = f'import "array"\narray.from(rows: [{given}]) |> group(columns: ["g"])'
    script = f"{table} |> reduce(fn: {fn}, identity: {identity})"
    return b"".join(csv.encode(flux.query(script, storage=None, vectorised=vectorised)))


def float_text(x: float) -> str:
    """A float as Flux reads it, which knows no exponents."""
    return f"{x:.330f}"


@settings(deadline=None)
@given(ROWS)
def test_columns_and_rows_answer_alike(rows: list[tuple[str, int, float]]) -> None:
    """To the last bit, whatever overflows; floats are added in the order of the rows."""
    quick = asked(rows, FUNCTION, IDENTITY, vectorised=True)
    assert quick == asked(rows, FUNCTION, IDENTITY, vectorised=False)
    assert quick.count(b"\r\n,,") == len({g for g, *_ in rows})


REDUCE = importlib.import_module("influxlite.flux.stdlib.universe.reduce")
PLAIN = [("a", 2, 0.5), ("a", 3, 0.25), ("b", 5, 1.0)]


def test_no_row_is_looked_at_where_columns_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adding needs no record of any row."""
    wanted = asked(PLAIN, FUNCTION, IDENTITY, vectorised=False)
    monkeypatch.delattr(REDUCE, "records")
    assert asked(PLAIN, FUNCTION, IDENTITY, vectorised=True) == wanted


@pytest.mark.parametrize(
    ("fn", "identity"),
    [
        ("(r, accumulator) => ({m: if r.i > accumulator.m then r.i else accumulator.m})", "{m: 0}"),
        ("(r, accumulator) => ({a: accumulator.a + accumulator.b, b: accumulator.b + r.i})", "{a: 0, b: 1}"),
        ("(r, accumulator) => ({a: r.i + accumulator.a * 2})", "{a: 0}"),
        ("(r, accumulator) => ({t: accumulator.t + r.g})", '{t: "-"}'),
        ("(r, accumulator) => ({a: accumulator.b + r.i, b: accumulator.a + 1})", "{a: 0, b: 0}"),
    ],
)
def test_everything_else_is_called_row_by_row(fn: str, identity: str) -> None:
    """Functions of another shape answer as before."""
    quick = asked(PLAIN, fn, identity, vectorised=True)
    assert quick == asked(PLAIN, fn, identity, vectorised=False)
    assert b"error" not in quick

"""A pivot of tables that lie side by side gives what the general one gives."""

import importlib
from unittest.mock import patch

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from influxlite.flux import Result, csv
from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import INDEX, TABLE, Block, make_block
from influxlite.flux.execute.pivoting import side_by_side
from influxlite.flux.execute.run import Run

module = importlib.import_module("influxlite.flux.stdlib.universe.pivot")
KEY = ("_field", "room")
TABLES = st.lists(
    st.tuples(
        st.sampled_from(["float", "int"]),
        st.sampled_from(["a", "b", "c", "room"]),
        st.sampled_from(["101", "102"]),
        st.sampled_from([(1, 2, 3), (1, 2), (2, 1), (1, 1), (4,)]),
    ),
    max_size=6,
    unique_by=lambda table: table[1:3],
)


def block(kind: str, tables: list[tuple]) -> Block:
    """The tables of one kind as a block."""
    rows = [(field, room, time, i + time) for i, (_, field, room, times) in enumerate(tables) for time in times]
    dtype = pl.Float64() if kind == "float" else pl.Int64()
    schema = {"_field": pl.String(), "room": pl.String(), "_time": pl.Int64(), "_value": dtype}
    columns = {"_field": "string", "room": "string", "_time": "time", "_value": kind}
    return make_block(columns, KEY, pl.DataFrame(rows, schema=schema, orient="row"))


def text(tables: list[Block]) -> bytes:
    """The pivot's answer, or its error."""
    try:
        return b"".join(
            csv.encode([Result("", module.pivot.python(Run(None, "", "", 0), tables, ["_time"], ["_field"], "_value"))])
        )
    except FluxError as problem:
        return problem.message.encode()


@settings(deadline=None)
@given(TABLES)
def test_as_the_general_one(given_tables: list[tuple]) -> None:
    """Whatever tables there are, of one or two kinds, aligned or not, both ways give the same text."""
    kinds = dict.fromkeys(kind for kind, *_ in given_tables)
    tables = [block(kind, [t for t in given_tables if t[0] == kind]) for kind in kinds]
    short = text(tables)
    with patch.object(module, "side_by_side", lambda *_: None):
        assert text(tables) == short


def test_aligned_tables_need_no_search() -> None:
    """Fields with the same times in every room become columns without the general way."""
    made = side_by_side(
        [
            block("float", [("float", f, room, (1, 2)) for room in ("101", "102") for f in "ab"]),
            block("int", [("int", "c", room, (1, 2)) for room in ("101", "102")]),
        ],
        "_field",
        "_time",
        "_value",
    )
    assert made is not None
    assert list(made.columns) == ["room", "_time", "a", "b", "c"]
    assert made.rows[TABLE].to_list() == [0, 0, 1, 1]
    assert made.rows[TABLE].dtype == INDEX

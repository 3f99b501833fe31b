"""What is written as annotated CSV is read back as it was."""

from __future__ import annotations

import math

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from influxlite.flux import Result, query
from influxlite.flux.csv import encode
from influxlite.flux.csv_decode import decode
from influxlite.flux.execute.block import make_block
from influxlite.flux.vectors import DTYPES

CELLS = {
    "float": st.floats(allow_nan=False),
    "int": st.integers(-(2**63), 2**63 - 1),
    "uint": st.integers(0, 2**64 - 1),
    "string": st.text(st.characters(exclude_characters="\r\x00", exclude_categories=["Cs"]), min_size=1),
    "bool": st.booleans(),
    "time": st.integers(-(2**62), 2**62),
}
NAMES = st.text("abcdefgh_\" ,;'", min_size=1, max_size=4).filter(lambda name: name not in ("result", "table"))


@st.composite
def tables(draw: st.DrawFn) -> Result:
    """A result of one block: some columns, the first few of them the group key."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    kinds = {name: draw(st.sampled_from(sorted(CELLS))) for name in names}
    height = draw(st.integers(1, 6))
    key = names[: draw(st.integers(0, len(names) - 1))]
    data = {}
    for name, kind in kinds.items():
        cell = CELLS[kind] if name in key else st.none() | CELLS[kind]
        data[name] = pl.Series(draw(st.lists(cell, min_size=height, max_size=height)), dtype=DTYPES[kind])
    return Result("_result", [make_block(kinds, key, pl.DataFrame(data))])


@settings(max_examples=150, deadline=None)
@given(tables())
def test_tables_survive_csv(result: Result) -> None:
    """Encoded and decoded, a table has the same columns, group key and cells; NaN aside, which equals nothing."""
    text = b"".join(encode([result])).decode()
    (before,), (after,) = result.tables, decode(text)
    assert after.columns == before.columns
    assert after.key == before.key
    assert after.frame().equals(before.frame(), null_equal=True)


def test_numbers_are_read_as_go_reads_them() -> None:
    """Infinity and NaN have several spellings, bool has twelve, and an empty cell is the default or null."""
    script = """import "csv"
csv.from(csv: "#datatype,string,long,double,boolean,long
#group,false,false,false,false,false
#default,_result,0,,,7
,result,table,f,b,n
,,,inf,T,
,,,-Infinity,0,+1
,,,nan,TRUE,-0
,,,.5,false,
,,,1e3,,
")"""
    (result,) = query(script, storage=None)
    block = result.tables[0]
    floats = block.column("f").to_list()
    assert floats[:2] == [math.inf, -math.inf]
    assert math.isnan(floats[2])
    assert floats[3:] == [0.5, 1000.0]
    assert block.column("b").to_list() == [True, False, True, False, None]
    assert block.column("n").to_list() == [7, 1, 0, 7, 7]

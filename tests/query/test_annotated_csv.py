"""InfluxDB's annotated CSV becomes frames, whatever stands in it."""

import csv
import io
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from query import AnswerError
from query.annotated_csv import BrokenOff, decode

TWO_TABLES = (
    "#datatype,string,long,string,double\r\n#group,false,false,true,false\r\n#default,_result,,,\r\n"
    ",result,table,room,_value\r\n,,0,101,1.5\r\n,,0,101,2\r\n,,1,102,\r\n\r\n"
)
OTHER_SCHEMA = (
    "#datatype,string,long,string,dateTime:RFC3339\r\n#group,false,false,false,false\r\n#default,last,,,\r\n"
    ',result,table,name,_time\r\n,,0,"a, ""b""\r\n\r\n#datatype,c",2026-01-10T22:00:00.000000001Z\r\n\r\n'
)
EMPTY = (
    "#datatype,string,long,string,long\r\n#group,false,false,true,false\r\n#default,y,0,a,\r\n,result,table,a,b\r\n\r\n"
)
FAILED = (
    "\r\n#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n"
    ',"out of ""memory""\nat all",\r\n'
)


def test_tables_are_told_apart_by_their_number_and_shape() -> None:
    """Rows of one shape share a frame; a quoted value may hold what looks like the next block."""
    first, second = decode((TWO_TABLES + OTHER_SCHEMA).encode())
    assert (first.result, first.group) == ("_result", ("room",))
    assert [table.rows() for table in first.each()] == [[("101", 1.5), ("101", 2.0)], [("102", None)]]
    assert second.result == "last"
    assert second.frame["name"].to_list() == ['a, "b"\n\n#datatype,c']
    assert second.frame["_time"].cast(pl.Int64()).to_list() == [
        int(datetime(2026, 1, 10, 22, tzinfo=UTC).timestamp()) * 10**9 + 1
    ]


def test_an_empty_table_leaves_its_columns() -> None:
    """A table without rows is a frame without rows, with the types that rows would have."""
    (table,) = decode(EMPTY.encode())
    assert table.frame.schema == {"table": pl.Int64(), "a": pl.String(), "b": pl.Int64()}
    assert table.frame.is_empty()


def test_an_empty_answer_has_no_tables() -> None:
    """InfluxDB answers a query without rows with an empty line, or with nothing."""
    assert decode(b"\r\n") == []
    assert decode(b"") == []


def test_a_failure_after_the_first_rows_is_raised() -> None:
    """An error within a 200 is an error, not a row, and its message is whole."""
    with pytest.raises(BrokenOff, match='out of "memory"\nat all'):
        decode((TWO_TABLES + FAILED).encode())
    with pytest.raises(BrokenOff, match="out of"):
        decode(FAILED.lstrip().encode())


@pytest.mark.parametrize(
    "body",
    [
        "<html>no</html>",
        "#datatype,string,long,clock\r\n#group,false,false,false\r\n#default,,,\r\n,result,table,a\r\n,,0,1\r\n",
        "#datatype,string,long,long\r\n#group,false,false,false\r\n#default,,,\r\n,result,table,a\r\n,,0,no\r\n",
        "#datatype,string,long,long\r\n#group,false,false,false\r\n#default,,,\r\n,result,table,a\r\n,,0\r\n",
    ],
)
def test_what_is_no_answer_is_refused(body: str) -> None:
    """A page of a proxy, an unknown type, a cell of another type, a row that is too short: each is an error."""
    with pytest.raises(AnswerError):
        decode(body.encode())


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=12)
CELLS = st.tuples(
    TEXT, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.booleans(), st.integers(0, 2**64 - 1)
)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=4), st.data())
def test_every_value_comes_back(tables: list[list[tuple]], data: st.DataObject) -> None:
    """Whatever is written as CSV by the book is read as it was: line ends, quotes, and the ends of numbers."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for number, rows in enumerate(tables):
        if number == 0 or data.draw(st.booleans()):
            if number:
                out.write("\r\n")
            writer.writerow(["#datatype", "string", "long", "string", "long", "double", "boolean", "unsignedLong"])
            writer.writerow(["#group", *["false"] * 7])
            writer.writerow(["#default", "_result", *[""] * 6])
            writer.writerow(["", "result", "table", "s", "i", "f", "b", "u"])
        for s, i, f, b, u in rows:
            writer.writerow(["", "", number, s, i, repr(f), "true" if b else "false", u])
    found = [row for part in decode(out.getvalue().encode()) for table in part.each() for row in table.rows()]
    assert found == [row for rows in tables for row in rows]

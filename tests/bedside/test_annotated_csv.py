"""InfluxDB's annotated CSV becomes tables, whatever stands in it."""

import pytest

from bedside.annotated_csv import FluxAnswerError, read_tables, value

TWO_TABLES = (
    "#datatype,string,long,string,double\r\n#group,false,false,true,false\r\n#default,_result,,,\r\n"
    ",result,table,room,_value\r\n,,0,101,1.5\r\n,,0,101,2\r\n,,1,102,\r\n\r\n"
)
OTHER_SCHEMA = (
    "#datatype,string,long,string\r\n#group,false,false,false\r\n#default,last,,\r\n,result,table,name\r\n"
    ',,0,"a, ""b""\nc"\r\n\r\n'
)
FAILED = "#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n,out of memory,\r\n"


def lines(text: str) -> list[str]:
    """The text in lines that keep their ends, as they come from a socket."""
    return text.splitlines(keepends=True)


def test_tables_are_told_apart_by_their_number_and_schema() -> None:
    """Rows of one table stay together; a new table number or a new header begins another."""
    tables = list(read_tables(lines(TWO_TABLES + OTHER_SCHEMA)))
    assert [(t.result, t.columns, t.rows) for t in tables] == [
        ("_result", ["room", "_value"], [["101", "1.5"], ["101", "2"]]),
        ("_result", ["room", "_value"], [["102", ""]]),
        ("last", ["name"], [['a, "b"\nc']]),
    ]
    assert tables[0].grouped == [True, False]


def test_an_empty_answer_has_no_tables() -> None:
    """InfluxDB answers a query without rows with an empty line."""
    assert list(read_tables(["\r\n"])) == []


def test_a_failure_after_the_first_rows_is_raised() -> None:
    """An error table inside a 200 is an error, not a row, and the rows before it were given."""
    tables = read_tables(lines(TWO_TABLES + FAILED))
    assert next(tables).rows == [["101", "1.5"], ["101", "2"]]
    with pytest.raises(FluxAnswerError, match="out of memory"):
        list(tables)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("long", "-9223372036854775808", -(2**63)),
        ("double", "1e-7", 1e-7),
        ("double", "NaN", "NaN"),
        ("boolean", "false", False),
        ("string", "", ""),
        ("double", "", None),
        ("dateTime:RFC3339", "2026-01-10T22:00:00Z", "2026-01-10T22:00:00Z"),
    ],
)
def test_a_cell_becomes_the_json_value_of_its_type(kind: str, text: str, expected: object) -> None:
    """Numbers and booleans by the column's type; what JSON cannot hold stays text."""
    assert value(kind, text) == expected
    assert type(value(kind, text)) is type(expected)

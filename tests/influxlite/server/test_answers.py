"""The form of a query's answer: what the dialect and the header Prefer ask for, faults included."""

import pytest

from tests.influx_servers import Influx

FAILING = """import "array"
array.from(rows: [{x: 1}]) |> yield(name: "a")
array.from(rows: [{x: 0}]) |> map(fn: (r) => ({y: 1 / r.x})) |> yield(name: "b")"""
FAULT = ",error,reference\r\n,runtime error: cannot divide by zero,\r\n"


@pytest.mark.parametrize(
    ("dialect", "told"),
    [
        ({}, f",result,table,x\r\n,a,0,1\r\n\r\n\r\n{FAULT}"),
        ({"header": False}, f",a,0,1\r\n\r\n\r\n{FAULT}"),
        (
            {"annotations": ["group", "datatype", "default"], "delimiter": ";"},
            "#group;false;false;false\r\n#datatype;string;long;long\r\n#default;a;;\r\n;result;table;x\r\n;;0;1\r\n\r\n\r\n"
            "#group;true;true\r\n#datatype;string;string\r\n#default;;\r\n" + FAULT.replace(",", ";"),
        ),
    ],
)
def test_a_fault_after_the_first_table_keeps_the_form_that_was_asked_for(
    influx: Influx, dialect: dict, told: str
) -> None:
    """The table that says what went wrong has the dialect's annotations and delimiter, too, and ends the answer."""
    assert influx.query(FAILING, dialect=dialect).content.decode() == told


@pytest.mark.parametrize(
    ("script", "told"), [(FAILING, FAULT), ('import "array" array.from(rows: [{x: 1}])', "")], ids=["wrong", "right"]
)
def test_tables_that_nobody_wants_are_not_sent(influx: Influx, script: str, told: str) -> None:
    """With Prefer the answer is empty, or holds the fault alone."""
    for preference, status, body in (("return-no-content", 204, ""), ("return-no-content-with-error", 200, told)):
        answer = influx.request(
            "POST",
            "/api/v2/query",
            params={"org": influx.org},
            json={"query": script},
            headers={"Prefer": preference},
        )
        assert (answer.status_code, answer.content.decode()) == (status, body)


def test_an_empty_line_parts_tables_without_a_header_too(influx: Influx) -> None:
    """Where columns change there is one."""
    with influx.bucket() as bucket:
        influx.write(bucket, 'm f=1.5 1\nm s="x" 1')
        script = f'from(bucket: "{bucket}") |> range(start: 0) |> keep(columns: ["_value", "_field"])'
        lines = influx.query(script, dialect={"header": False}).content.decode().split("\r\n")
    assert [line.rpartition(",")[2] for line in lines] in (["f", "", "s", "", ""], ["s", "", "f", "", ""])


def test_an_empty_line_ends_each_result(influx: Influx) -> None:
    """One without tables as well."""
    script = """import "array"
none = array.from(rows: [{x: 1}]) |> filter(fn: (r) => r.x > 1)
none |> yield(name: "a")
none |> yield(name: "b")"""
    assert influx.query(script).content == b"\r\n\r\n"

"""Programs and their syntax trees: a table that is read, and the JSON of a few trees in full."""

from pathlib import Path

import pytest

from influxlite.flux.nodes import SourceLocation
from influxlite.flux.nodes_json import from_json
from influxlite.flux.parser import parse, parse_type, parse_with_faults
from tests.influxlite.flux.syntax.outline import outline
from tests.influxlite.flux.syntax.tables import records

TREES = records(Path(__file__).with_name("trees.txt"))


@pytest.mark.parametrize(("source", "tree"), TREES, ids=[source for source, _ in TREES])
def test_tree(source: str, tree: str) -> None:
    """The program has this tree (`outline` says how to read one)."""
    assert outline(parse(source)) == tree


@pytest.mark.parametrize(("source", "tree"), TREES, ids=[source for source, _ in TREES])
def test_windows_line_ends_change_nothing(source: str, tree: str) -> None:
    """The same program with CRLF has the same tree."""
    assert outline(parse(source.replace("\n", "\r\n"))) == tree


@pytest.mark.parametrize(("source", "tree"), TREES, ids=[source for source, _ in TREES])
def test_json_and_back(source: str, tree: str) -> None:
    """A tree written as JSON and read again is the same tree."""
    again = from_json(parse(source).to_json())
    assert outline(again) == tree
    assert again.to_json(source) == _without_comments(parse(source).to_json())


def _without_comments(data: object) -> object:
    places = {"comments", "eof", "comma", "lparen", "rparen"}
    if isinstance(data, dict):
        return {key: _without_comments(value) for key, value in data.items() if key not in places}
    return [_without_comments(item) for item in data] if isinstance(data, list) else data


def test_a_program_as_json() -> None:
    """Names, nesting and locations of the JSON are those of InfluxDB's AST."""

    def at(line: int, start: int, end: int, source: str) -> dict:
        return {
            "start": {"line": line, "column": start},
            "end": {"line": line, "column": end},
            "source": source,
        }

    key = {"type": "Identifier", "location": at(2, 3, 4, "b"), "name": "b"}
    value = {"type": "IntegerLiteral", "location": at(2, 6, 7, "1"), "value": "1"}
    item = {"type": "Property", "location": at(2, 3, 7, "b: 1"), "key": key, "value": value}
    record = {"type": "ObjectExpression", "location": at(2, 3, 7, "b: 1"), "properties": [item]}
    callee = {"type": "Identifier", "location": at(2, 1, 2, "f"), "name": "f"}
    call = {"type": "CallExpression", "location": at(2, 1, 8, "f(b: 1)"), "callee": callee, "arguments": [record]}
    statement = {
        "type": "ExpressionStatement",
        "location": at(2, 1, 8, "f(b: 1)"),
        "expression": call,
    }
    assert parse("\nf(b: 1)").to_json() == {
        "type": "File",
        "location": at(2, 1, 8, "f(b: 1)"),
        "metadata": "parser-type=rust",
        "package": None,
        "imports": [],
        "body": [statement],
    }


def test_comments_and_attributes_are_kept() -> None:
    """Comments are in the tree at the token that follows them, attributes at their statement."""
    file = parse('// head\n@a("x")\ny = [1, // one\n 2] // last')
    (statement,) = file.body
    assert statement.attributes
    assert statement.attributes[0].comments == {"": ("// head\n",)}
    assert file.comments == {"eof": ("// last",)}
    assert file.to_json()["body"][0]["init"]["elements"][1]["comments"] == [{"text": "// one\n"}]


def test_where_nodes_stand() -> None:
    """Locations cover the node from its first token to its last, over lines."""
    (statement,) = parse("from(bucket: 1)\n  |> f(\n    x: (r) => r.a)").body
    assert statement.location == SourceLocation(1, 1, 3, 19)
    assert str(statement.location) == "@1:1-3:19"


def test_instants() -> None:
    """A date-time knows its nanoseconds; a date is midnight UTC."""
    times = [parse(source).body[0].children()[0] for source in ("1970-01-02", "2020-01-01T00:00:00.000000001+01:00")]
    assert [time.time_ns for time in times] == [86_400 * 10**9, 1_577_833_200 * 10**9 + 1]  # type: ignore[attr-defined]


def test_foreign_json_is_read_leniently() -> None:
    """A type is read where it need not be written; a list may be null; unknown members are passed over."""
    assignment = {
        "type": "VariableAssignment",
        "id": {"type": "Identifier", "name": "v"},
        "init": {"type": "ObjectExpression", "properties": None, "mystery": 1},
    }
    file = from_json({"type": "File", "imports": None, "body": [{"type": "OptionStatement", "assignment": assignment}]})
    assert outline(file) == "(option (= v {}))"


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"type": "Nonsense"},
        {"type": "File", "body": [{"type": "ExpressionStatement"}]},
        {"type": "File", "body": 1},
        {"type": "IntegerLiteral", "value": "x"},
        {"type": "DateTimeLiteral", "value": "yesterday"},
        {"type": "DurationLiteral", "values": [{"magnitude": "1"}]},
    ],
)
def test_json_that_is_no_tree(data: object) -> None:
    """What is no AST is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        from_json(data)


def test_json_nested_without_end() -> None:
    """JSON nested deeper than any program is refused, not followed."""
    data: dict = {"type": "Identifier", "name": "x"}
    for _ in range(5000):
        data = {"type": "ParenExpression", "expression": data}
    with pytest.raises(ValueError, match="too deep"):
        from_json(data)


def test_a_type_alone() -> None:
    """The signatures of the standard library are parsed by themselves."""
    assert outline(parse_type("(<-tables: stream[A], n: int) => stream[A] where A: Record")) == (
        "((<-tables: stream[A] n: int) => stream[A]) where A: Record"
    )


def test_reading_goes_on_after_a_fault() -> None:
    """A broken program still has a tree of what could be read, and all of its faults."""
    file, faults = parse_with_faults("x = (1 +\ny = 2\nz = [")
    assert len(faults) > 1
    assert file.body

"""Broken programs, and what InfluxDB says of them (recorded from 2.9.1)."""

import sys
from pathlib import Path

import pytest

from influxlite.flux.parser import SyntaxFault, parse, parse_type
from tests.influx_servers import Influx
from tests.influxlite.flux.syntax.tables import records

BROKEN = records(Path(__file__).with_name("broken.txt"))
PREFIX = "compilation failed: "  # what the server puts before a parser's message


@pytest.mark.parametrize(("source", "message"), BROKEN, ids=[source for source, _ in BROKEN])
def test_message(source: str, message: str) -> None:
    """The parser finds the same faults at the same places, in the same words."""
    with pytest.raises(SyntaxFault) as caught:
        parse(source)
    assert PREFIX + caught.value.message == message


def test_the_recorded_messages_are_a_servers(influx: Influx) -> None:
    """A server answers each broken program with this message and the code `invalid`."""
    for source, message in BROKEN:
        answer = influx.query(source)
        assert answer.status_code == 400, source
        assert answer.json() == {"code": "invalid", "message": message}, source


@pytest.mark.parametrize(
    "source",
    ["(", "[", "if ", "-", "not ", "() => ", "x = {a: ", '"${', "a[", "f(x: (r) => ", "a + ", "[1: "],
)
def test_nesting_is_bounded(source: str) -> None:
    """A program nested without end is a fault that says so; it is no crash."""
    with pytest.raises(SyntaxFault):
        parse(source * 10_000)
    with pytest.raises(SyntaxFault, match="nested too deep"):
        parse(source * 300 + "1")


@pytest.mark.parametrize("source", ["{", "f(", ")", "f = () => ", "@a ", "import ", "x = ", "?"])
def test_endless_nonsense_is_a_short_message(source: str) -> None:
    """What is wrong ten thousand times is not told ten thousand times."""
    with pytest.raises(SyntaxFault) as caught:
        parse(source * 10_000)
    assert len(caught.value.message) < 50_000


def test_nesting_as_deep_as_people_write_is_fine() -> None:
    """Twenty parentheses, and a pipe of a hundred calls, are no fault."""
    parse("(" * 20 + "x" + ")" * 20)
    parse("x" + " |> f(a: {b: [1]})" * 100)


def test_long_chains_are_bounded_too() -> None:
    """A tree may be 180 nodes deep, as in InfluxDB: also where no bracket is open."""
    parse("a" + " + a" * 150)
    with pytest.raises(SyntaxFault, match="nested too deep"):
        parse("a" + " + a" * 200)


def test_types_are_bounded() -> None:
    """A type expression nested without end is a fault too."""
    with pytest.raises(SyntaxFault, match="nested too deep"):
        parse_type("[" * 5_000)
    with pytest.raises(SyntaxFault):
        parse_type("int int")


def test_a_stack_that_is_nearly_full() -> None:
    """Called from deep inside another program, a nested program is at worst too deep: never a crash."""

    def deeper(levels: int) -> None:
        if levels:
            deeper(levels - 1)
            return
        with pytest.raises(SyntaxFault, match="nested too deep"):
            parse("a |> f(b: " * 78 + "1" + ")" * 78)

    deeper(sys.getrecursionlimit() // 2)

"""Signatures to types, and types to text."""

import pytest

from influxlite.flux.parser import SyntaxFault
from influxlite.flux.stdlib import registry
from influxlite.flux.types.display import show
from influxlite.flux.types.monotypes import INT, Record, Variable, generalize
from influxlite.flux.types.signatures import signature


@pytest.mark.parametrize(
    "text",
    [
        "int",
        "[string]",
        "[string:int]",
        "stream[A]",
        "dynamic",
        "{}",
        "{b: int, a: string}",
        "{A with b: int, a: B}",
        "() => bool",
        "(<-tables: stream[A], n: int, ?offset: int) => stream[A]",
        "(<-: B, a: A) => C",
        "(fn: (r: A) => bool) => [A]",
    ],
)
def test_a_signature_is_shown_as_it_was_written(text: str) -> None:
    """Short types stand on one line; InfluxDB shows a record's properties from the last name to the first."""
    assert show(signature(text).type) == text


def test_long_types_have_a_line_for_each_part() -> None:
    """More than four properties or arguments, or more than 120 characters, are laid out over lines."""
    assert show(signature("(a: int, b: int, c: int, d: int, e: {x: int}) => int").type) == (
        "(\n    a: int,\n    b: int,\n    c: int,\n    d: int,\n    e: {x: int},\n) => int"
    )
    long = "x" * 60
    assert show(signature(f"{{{long}b: int, {long}a: int}}").type) == f"{{\n    {long}b: int,\n    {long}a: int,\n}}"


def test_variables_get_letters_in_the_order_in_which_they_stand() -> None:
    """After Z come t26, t27 …"""
    assert show(signature("(a: X, b: Q) => X").type) == "(a: A, b: B) => A"
    record = Record("l", INT, Variable())
    for index in range(26):
        record = Record(f"m{index:02}", Variable(), record)
    assert "t26" in show(record)


def test_kinds_are_kept() -> None:
    """What a variable must be able to do is part of the type."""
    found = signature("(v: A) => B where A: Addable + Divisible, B: Record")
    assert sorted(found.kinds.values()) == [("Addable", "Divisible"), ("Record",)]


@pytest.mark.parametrize("text", ["nosuch", "(a: A) => A where A: Nosuch", "(<-a: int, <-b: int) => int"])
def test_a_signature_that_means_nothing(text: str) -> None:
    """A wrong signature in the library is an error when it is read."""
    with pytest.raises(ValueError, match=r"."):
        signature(text)


def test_a_signature_that_is_none() -> None:
    """What is no type expression is a fault of syntax."""
    with pytest.raises(SyntaxFault):
        signature("(a: int")


def test_each_use_of_a_general_type_is_its_own() -> None:
    """Fresh variables for each use, but none for what something around fixes."""
    own, fixed = Variable(), Variable()
    general = generalize(Record("a", own, Record("b", fixed, Variable())), {fixed: None})
    first, fresh = general.instantiate()
    second, _ = general.instantiate()
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert first.value in fresh
    assert first.value is not second.value
    assert isinstance(first.tail, Record)
    assert first.tail.value is fixed


def test_every_signature_of_the_library_is_a_type() -> None:
    """What the functions of our library declare can be read: a script that uses one is judged by it."""
    paths = registry.package_paths()
    assert "universe" in paths
    for path in paths:
        for entry in registry.entries(path).values():
            signature(entry.signature)

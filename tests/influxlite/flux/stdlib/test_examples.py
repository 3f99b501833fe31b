"""The examples in the docstrings of the library run."""

from __future__ import annotations

import inspect
import re

import pytest

from influxlite.flux import query
from influxlite.flux.stdlib import registry

START = re.compile(r'^(import "|option |array\.from|import\()', re.M)
PACKAGES = (
    "array",
    "bitwise",
    "date",
    "dict",
    "experimental/array",
    "experimental/bitwise",
    "experimental/date/boundaries",
    "experimental/dynamic",
    "experimental/json",
    "experimental/record",
    "json",
    "math",
    "regexp",
    "runtime",
    "strings",
    "system",
    "timezone",
    "types",
)
FUNCTIONS = [
    pytest.param(entry, id=f"{path}.{name}")
    for path in PACKAGES
    for name, entry in registry.entries(path).items()
    if not isinstance(entry, registry.Constant)
]


@pytest.mark.parametrize("vectorised", [True, False], ids=["columns", "rows"])
@pytest.mark.parametrize("entry", FUNCTIONS)
def test_the_example_of_a_function_runs(entry: registry.Builtin | registry.Written, vectorised: bool) -> None:
    """What a docstring shows can be pasted and gives at least one row."""
    text = inspect.cleandoc(entry.doc)
    text = "\n".join(line.removeprefix("    ") if line.startswith("    ") else line for line in text.split("\n"))
    found = START.search(text)
    assert found is not None
    example = text[found.start() :]
    script = (
        example
        if 'import "array"' in example or 'import "experimental/array"' in example
        else f'import "array"\n{example}'
    )
    rows = [
        block.rows.height for result in query(script, storage=None, vectorised=vectorised) for block in result.tables
    ]
    assert sum(rows) > 0

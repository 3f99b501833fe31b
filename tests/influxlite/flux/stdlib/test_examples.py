"""Every function of the library shows an example, and all examples run."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest

from influxlite.flux import FluxError, query
from influxlite.flux.parser import parse
from influxlite.flux.stdlib import reference, registry
from influxlite.storage import Bucket
from tests.influxlite.conftest import Box

FUNCTIONS = [
    (path, name, entry)
    for path in registry.package_paths()
    for name, entry in registry.entries(path).items()
    if not isinstance(entry, registry.Constant) and not name.startswith("_") and not reference.is_refused(entry)
]
NO_ROWS = {
    "influxdata/influxdb/monitor.from": "nothing was kept",
    "influxdata/influxdb/monitor.logs": "nothing was kept",
    "internal/debug.sink": "it gives nothing",
    "internal/promql.emptyTable": "it gives nothing",
    "internal/testing.assertMatches": "all is as it should be",
    "testing.assertEmpty": "all is as it should be",
}
"""Examples that give no rows, and why."""


def example_of(entry: registry.Entry) -> str | None:
    """The script that a docstring ends with, None where it ends with words."""
    paragraphs = inspect.cleandoc(entry.doc).split("\n\n")
    lines = paragraphs[-1].split("\n")
    script = "\n".join(line.removeprefix("    ") for line in lines) if lines[0].startswith("    ") else paragraphs[-1]
    if len(paragraphs) < 2:
        return None
    try:
        parse(script)
    except FluxError:
        return None
    return script if 'import "array"' in script or "array." not in script else f'import "array"\n{script}'


EXAMPLES = [
    pytest.param(script, f"{path}.{name}", id=f"{path}.{name}")
    for path, name, entry in FUNCTIONS
    if (script := example_of(entry)) is not None
]


def test_every_function_shows_an_example() -> None:
    """The docstring of each function ends with a script, but for those that are refused."""
    assert [f"{path}.{name}" for path, name, entry in FUNCTIONS if example_of(entry) is None] == []


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A storage with the buckets that examples name, and a point in one of them."""
    box = Box(tmp_path_factory.mktemp("ward") / "data")
    box.storage.save(Bucket("00000000000000aa", box.org.id, "my-bucket", "user", 0, 0, 0))
    box.write("cpap,mrn=1,room=101 spo2=95,pressure=9.5 1767225600000000000")
    yield box
    box.storage.close()


@pytest.mark.parametrize("vectorised", [True, False], ids=["columns", "rows"])
@pytest.mark.parametrize(("script", "name"), EXAMPLES)
def test_the_example_of_a_function_runs(ward: Box, script: str, name: str, vectorised: bool) -> None:
    """What a docstring shows can be pasted, and gives rows where it should, on whole columns and row by row."""
    given = {"storage": ward.storage, "org_id": ward.org.id, "org_name": "ward", "now_ns": 1_767_225_601_000_000_000}
    results = list(query(script, vectorised=vectorised, **given))
    rows = sum(block.rows.height for result in results for block in result.tables)
    assert (rows > 0) != (name in NO_ROWS)

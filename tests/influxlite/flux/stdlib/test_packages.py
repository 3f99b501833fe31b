"""What Flux publishes is here, its examples run, and nothing reaches out."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from influxlite.flux import FluxError, query
from influxlite.flux.stdlib import registry
from influxlite.flux.types.environment import published
from influxlite.storage import Bucket
from tests.influxlite.conftest import Box

INSIDE = re.compile(r"_\w+")
"""Names that Flux's packages keep for themselves."""
START = re.compile(r'^(import "|option |array\.from)', re.M)
PACKAGES = (
    "contrib/RohanSreerama5/naiveBayesClassifier",
    "contrib/anaisdg/anomalydetection",
    "contrib/anaisdg/statsmodels",
    "contrib/bonitoo-io/hex",
    "contrib/bonitoo-io/tickscript",
    "contrib/jsternberg/influxdb",
    "contrib/qxip/hash",
    "contrib/rhajek/bigpanda",
    "contrib/sranka/opsgenie",
    "contrib/sranka/sensu",
    "contrib/tomhollingworth/events",
    "csv",
    "experimental",
    "experimental/aggregate",
    "experimental/geo",
    "experimental/iox",
    "experimental/oee",
    "experimental/polyline",
    "experimental/prometheus",
    "experimental/query",
    "experimental/table",
    "generate",
    "http",
    "http/requests",
    "influxdata/influxdb",
    "influxdata/influxdb/monitor",
    "influxdata/influxdb/sample",
    "influxdata/influxdb/schema",
    "influxdata/influxdb/secrets",
    "influxdata/influxdb/tasks",
    "influxdata/influxdb/v1",
    "internal/debug",
    "internal/gen",
    "internal/promql",
    "internal/testing",
    "internal/testutil",
    "interpolate",
    "join",
    "pagerduty",
    "sampledata",
    "slack",
    "testing",
    "testing/expect",
)
NO_ROWS = {"internal/debug.sink", "internal/promql.emptyTable", "internal/testing.assertMatches", "testing.assertEmpty"}
"""Examples that give nothing by design, or nothing where all is as it should be."""
NO_ROWS |= {"influxdata/influxdb/monitor.from", "influxdata/influxdb/monitor.logs"}


def example_of(entry: registry.Entry) -> str | None:
    """The script in a docstring, None where there is none."""
    text = inspect.cleandoc(entry.doc)
    text = "\n".join(line.removeprefix("    ") for line in text.split("\n"))
    found = START.search(text)
    if found is None:
        return None
    script = text[found.start() :]
    return script if 'import "array"' in script else f'import "array"\n{script}'


EXAMPLES = [
    pytest.param(script, f"{path}.{name}", id=f"{path}.{name}")
    for path in PACKAGES
    for name, entry in registry.entries(path).items()
    if not isinstance(entry, registry.Constant) and (script := example_of(entry)) is not None
]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A storage with the buckets that examples name, and a point in one of them."""
    box = Box(tmp_path_factory.mktemp("ward") / "data")
    box.storage.save(Bucket("00000000000000aa", box.org.id, "my-bucket", "user", 0, 0, 0))
    box.write("cpap,mrn=1,room=101 spo2=95,pressure=9.5 1767225600000000000")
    yield box
    box.storage.close()


def test_what_flux_publishes_is_here() -> None:
    """Every name that Flux's packages publish is found here."""
    lacking = {
        f"{path}.{name}"
        for path, names in published().items()
        for name in names - set(registry.entries(path))
        if not INSIDE.fullmatch(name)
    }
    assert lacking == set()


@pytest.mark.parametrize(("script", "name"), EXAMPLES)
def test_the_example_of_a_function_runs(ward: Box, script: str, name: str) -> None:
    """What a docstring shows can be pasted, and gives rows where it should."""
    results = query(script, storage=ward.storage, org_id=ward.org.id, org_name="ward", now_ns=1_767_225_601_000_000_000)
    rows = sum(block.rows.height for result in results for block in result.tables)
    assert (rows > 0) != (name in NO_ROWS)


OUTSIDE = [
    pytest.param(entry, id=f"{path}.{name}")
    for path in sorted({str(p.parent.relative_to(registry.ROOT)) for p in Path(registry.ROOT).rglob("outside.py")})
    for name, entry in registry.entries(path).items()
    if isinstance(entry, registry.Builtin) and entry.python.__module__ == "influxlite.flux.stdlib.outside"
]


@pytest.mark.parametrize("entry", OUTSIDE)
def test_what_reaches_out_is_refused(entry: registry.Builtin) -> None:
    """A function that would talk to another server fails whatever it is given, and says why."""
    with pytest.raises(FluxError, match="would reach another server") as caught:
        entry.python()
    assert caught.value.answer_code == "invalid"


EVENT = (
    'routingKey: "k", client: "c", clientURL: "u", class: "d", group: "g", severity: "error", eventAction: "trigger", '
    'source: "s", summary: "t", timestamp: "2026-01-01T00:00:00Z"'
)
ENDPOINTS = [
    ("http", 'http.endpoint(url: "http://127.0.0.1:1")(mapFn: (r) => ({headers: {a: "b"}, data: bytes(v: "x")}))()'),
    ("slack", 'slack.endpoint(token: "x")(mapFn: (r) => ({channel: "c", text: "t", color: "good"}))()'),
    ("pagerduty", f"pagerduty.endpoint()(mapFn: (r) => ({{{EVENT}}}))()"),
    (
        "contrib/sranka/telegram",
        'telegram.endpoint(token: "x")(mapFn: (r) => ({channel: "c", text: "t", silent: true}))()',
    ),
]


@pytest.mark.parametrize(("package", "call"), ENDPOINTS)
def test_an_endpoint_refuses_the_first_row(package: str, call: str) -> None:
    """An endpoint passes a stream without rows and refuses one that has any."""
    rows = f'import "array"\nimport "{package}"\narray.from(rows: [{{_time: 2026-01-01T00:00:00Z, a: 1}}])'
    empty = list(query(f"{rows} |> filter(fn: (r) => r.a > 1) |> {call}", storage=None))
    assert not any(block.table_count for result in empty for block in result.tables)
    with pytest.raises(FluxError, match="would reach another server"):
        list(query(f"{rows} |> {call}", storage=None))


def test_a_stream_from_elsewhere_is_refused_by_its_query() -> None:
    """Reading another database is refused with the place in the script."""
    script = 'import "sql"\nsql.from(driverName: "postgres", dataSourceName: "x", query: "SELECT 1")'
    with pytest.raises(FluxError, match=r"@2:1-2:\d+: from: sql.from would reach|sql.from would reach"):
        list(query(script, storage=None))

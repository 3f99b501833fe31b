"""What Flux publishes is here, and nothing reaches out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from influxlite.flux import FluxError, query
from influxlite.flux.stdlib import registry
from influxlite.flux.types.environment import published

INSIDE = re.compile(r"_\w+")
"""Names that Flux's packages keep for themselves."""


def test_what_flux_publishes_is_here() -> None:
    """Every name that Flux's packages publish is found here."""
    lacking = {
        f"{path}.{name}"
        for path, names in published().items()
        for name in names - set(registry.entries(path))
        if not INSIDE.fullmatch(name)
    }
    assert lacking == set()


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

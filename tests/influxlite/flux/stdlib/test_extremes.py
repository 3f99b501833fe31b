"""What is called with things that it cannot take, or at the ends of time, ends in an answer or in a named error."""

from __future__ import annotations

import pytest

from influxlite.flux import FluxError, query
from influxlite.flux.csv import encode

PACKAGES = ("array", "contrib/bonitoo-io/tickscript", "internal/debug", "pagerduty")
ONE = "one = array.from(rows: [{_time: 2026-01-10T00:00:00Z, _value: 1.0}])\n"
FIRST, LAST = "1677-09-21T00:12:43.145224192Z", "2262-04-11T23:47:16.854775806Z"


def _ask(script: str) -> str:
    return b"".join(encode(query(script, storage=None, org_id="0", org_name="ward"))).decode()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ('cov(x: 1, y: one, on: ["_time"])', 'expected "x" to be stream type; instead got int'),
        ('tickscript.select(tables: "a", as: "x")', "argument is not a table object: got values.value"),
        ('array.from(rows: [{v: pagerduty.severityFromLevel(level: debug.null(type: "string"))}])', "level is null"),
    ],
)
def test_what_is_no_stream_or_null_is_named(call: str, told: str) -> None:
    """Types that leave it open what an argument is are checked when it is called."""
    head = "\n".join(
        f'import "{name}"' for name in ("array", "contrib/bonitoo-io/tickscript", "internal/debug", "pagerduty")
    )
    with pytest.raises(FluxError) as problem:
        _ask(f"{head}\n{ONE}{call}")
    assert told in problem.value.message


@pytest.mark.parametrize("time", [FIRST, LAST])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
@pytest.mark.parametrize("unit", ["1h", "1d", "1w", "1mo", "1y"])
def test_windows_at_the_ends_of_time_end(time: str, zone: str, unit: str) -> None:
    """The first window begins before the first instant, the last one ends after the last: neither is looked for."""
    answer = _ask(
        f'import "array"\nimport "date"\nimport "timezone"\noption location = timezone.location(name: "{zone}")\n'
        f"array.from(rows: [{{_time: {time}, v: date.truncate(t: {time}, unit: {unit})}}])"
        f" |> range(start: {FIRST}, stop: 2262-04-11T23:47:16.854775807Z) |> window(every: {unit})"
    )
    assert time in answer

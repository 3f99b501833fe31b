"""Quotients of whole columns, to the last digit."""

from __future__ import annotations

import pytest

from influxlite.flux import query
from influxlite.flux.csv import encode

ROWS = """import "array"
array.from(rows: [
    {_start: 2026-01-01T00:00:00Z, _stop: 2026-01-01T00:02:00Z, _time: 2026-01-01T00:00:10Z, _value: 0.3},
    {_start: 2026-01-01T00:00:00Z, _stop: 2026-01-01T00:02:00Z, _time: 2026-01-01T00:00:17Z, _value: 1.1},
    {_start: 2026-01-01T00:00:00Z, _stop: 2026-01-01T00:02:00Z, _time: 2026-01-01T00:01:00Z, _value: 300000000000.0},
])
    |> group(columns: ["_start", "_stop"])
"""
WIDTHS = (7 / 3, 43 / 3)
LAST = 300e9


def _values(tail: str) -> list[float]:
    script = f"{ROWS} {tail}"
    text = b"".join(encode(query(script, storage=None, org_id="0", org_name="ward"))).decode()
    header, *rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    return [float(row[header.index("_value")]) for row in rows]


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ("|> map(fn: (r) => ({_value: r._value / 3600000000000.0}))", [0.3 / 3.6e12, 1.1 / 3.6e12, LAST / 3.6e12]),
        ("|> derivative(unit: 3s)", [(1.1 - 0.3) / WIDTHS[0], (LAST - 1.1) / WIDTHS[1]]),
        ("|> integral(unit: 3s)", [WIDTHS[0] * (0.3 + 1.1) / 2 + WIDTHS[1] * (1.1 + LAST) / 2]),
    ],
)
def test_a_column_is_divided_by_a_constant_as_each_value_is(tail: str, expected: list[float]) -> None:
    """A quotient on a whole column is that of IEEE 754, not the product with the divisor's reciprocal."""
    assert _values(tail) == expected

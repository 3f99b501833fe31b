"""Scripts that would make far more of little are refused before they do, with a bound's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influxlite import flux
from influxlite.flux.errors import FluxError
from influxlite.flux.values import Duration
from influxlite.flux.windows import Window

MANY = """import "generate"
a = generate.from(count: 30000, fn: (n) => n, start: 2026-01-01T00:00:00Z, stop: 2026-01-02T00:00:00Z)
    |> map(fn: (r) => ({r with k: 1}))
"""
TWO = """import "array"
a = array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1.0}, {_time: 2026-12-01T00:00:00Z, _value: 1.0}])
    |> range(start: 2026-01-01T00:00:00Z, stop: 2027-01-01T00:00:00Z)
"""
ROWS = "query makes more than 100000000 rows in one step"
BYTES = "query holds more than 1073.74 MB of tables"
WINDOWS = "the range holds more than 5000000 windows: choose a longer interval"
REFUSED = {
    'join(tables: {x: a, y: a |> limit(n: 30000)}, on: ["k"])': (MANY, ROWS),
    "join.inner(left: a, right: a, on: (l, r) => l.k == r.k, as: (l, r) => ({l with v: r._value}))": (
        f'import "join"\n{MANY}',
        ROWS,
    ),
    "generate.from(count: 1000000000, fn: (n) => n, start: 2026-01-01T00:00:00Z, stop: 2026-01-02T00:00:00Z)": (
        MANY,
        ROWS,
    ),
    "array.from(rows: [{n: length(arr: linearBins(start: 0.0, width: 1.0, count: 1000000000))}])": (TWO, ROWS),
    "array.from(rows: [{n: length(arr: logarithmicBins(start: 1.0, factor: 1.1, count: 90000000))}])": (TWO, BYTES),
    "a |> window(every: 1ns, createEmpty: true)": (TWO, WINDOWS),
    "a |> window(every: 1ms, period: 365d)": (TWO, WINDOWS),
    "a |> range(start: 2026-01-01T00:00:00Z, stop: 2026-01-03T00:00:00Z) |> window(every: 1s, period: 1d)": (
        MANY,
        ROWS,
    ),
    'a |> map(fn: (r) => ({r with k: string(v: r._value)}))'
    ' |> pivot(rowKey: ["_time"], columnKey: ["k"], valueColumn: "_value")': (MANY, BYTES),
    "a |> timedMovingAverage(every: 1ms, period: 1d)": (TWO, WINDOWS),
    'a |> drop(columns: ["_start", "_stop"]) |> interpolate.linear(every: 1ms)': (
        f'import "interpolate"\n{TWO}',
        ROWS,
    ),
    "a |> holtWinters(n: 1000000000, interval: 1d)": (TWO, ROWS),
    "a |> holtWinters(n: 1, interval: 1ns)": (TWO, ROWS),
}  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
def test_growth_is_refused_beforehand(call: str) -> None:
    """The error names the bound; nothing of the rows was made."""
    before, told = REFUSED[call]
    with pytest.raises(FluxError) as raised:
        next(flux.query(f"{before}{call}", storage=None))
    assert told in raised.value.message


def test_arrays_are_bounded() -> None:
    """An array that is put behind itself again and again ends at the bound of bytes."""
    doubled = "".join(f"a{i + 1} = array.concat(arr: a{i}, v: a{i})\n" for i in range(12))
    script = f'import "array"\na0 = [1]\n{doubled}array.from(rows: [{{n: length(arr: a12)}}])'
    with pytest.raises(FluxError, match=r"more than 0\.01 MB"):
        next(flux.query(script, storage=None, limits=flux.Limits(memory_bytes=10_000)))


def test_a_join_of_many_rows_with_one_partner_each_is_none() -> None:
    """What counts is how many rows come out, not how many pairs there could be."""
    script = f'{MANY}join(tables: {{x: a, y: a |> limit(n: 30000)}}, on: ["_time"]) |> count(column: "k_x")'
    [result] = flux.query(script, storage=None)
    assert [block.column("k_x").to_list() for block in result.tables] == [[30000]]


SPANS = st.integers(1, 50)


@given(every=SPANS, period=st.integers(-60, 60), offset=st.integers(-9, 9), start=st.integers(-90, 90), length=SPANS)
def test_regular_windows_are_those_that_were_looked_for(
    every: int, period: int, offset: int, start: int, length: int
) -> None:
    """Arithmetic finds the windows that share an instant with the range, as looking at each does."""
    window = Window(Duration(0, every), Duration(0, period), Duration(0, offset))
    stop = start + length
    found = []
    for index in range(-400, 400):
        a = offset + index * every
        low, high = min(a, a + period), max(a, a + period)
        if high > start and low < stop:
            found.append((low, high))
    assert list(zip(*window.overlapping(start, stop), strict=True)) == found

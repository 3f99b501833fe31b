"""Rows of series in the order of tables and times, from any order."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from influxlite.flux.plan.series_rows import NONE, by_tags, in_order, table_numbers
from influxlite.storage.series import Series

RUNS = st.lists(st.tuples(st.integers(0, 4), st.integers(-(2**62), 2**62), st.integers(1, 90)), min_size=1, max_size=8)


@given(RUNS, st.booleans())
def test_in_order(runs: list[tuple[int, int, int]], far: bool) -> None:
    """Runs of a table, long or short, in whatever order and overlapping, come out sorted and stable."""
    tables = np.concatenate([np.full(n, table, dtype=np.uint32) for table, _, n in runs])
    times = np.concatenate([np.arange(n) + (start if far else start % 50) for _, start, n in runs])
    rows = pl.DataFrame({"time": times, "value": np.arange(len(times))})
    numbers, ordered = in_order(tables, rows, "time")
    want = sorted(zip(tables.tolist(), times.tolist(), range(len(times)), strict=True))
    assert list(zip(numbers.tolist(), ordered["time"], ordered["value"], strict=True)) == want


def test_tables_of_series() -> None:
    """A row's table is the place of its series among those of the same tags, and none where it has others."""
    series = [
        Series(i, "b", "cpap", tags, "x", "float")
        for i, tags in ((7, (("room", "101"),)), (3, (("room", "102"),)), (5, (("mrn", "1"),)), (9, ()))
    ]
    ids = np.array([3, 3, 7, 5], dtype=np.uint32)
    shapes = by_tags(series, ids)
    assert {tags: [s.id for s in group] for tags, group in shapes.items()} == {("mrn",): [5], ("room",): [7, 3]}
    assert table_numbers(shapes[("room",)], ids).tolist() == [1, 1, 0, NONE]

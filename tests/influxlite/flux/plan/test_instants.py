"""Times out of their milliseconds and what is beyond, as the tables hold them."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from influxlite.flux.plan.scan import instants
from tests.influxlite.conftest import Box, points

TIMES = st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20)


@settings(deadline=None)
@given(TIMES)
def test_every_time_of_64_bits_comes_back(times: list[int]) -> None:
    """Also those of the first millisecond, part of which lies before 64 bits begin."""
    parts = [divmod(time, 1_000_000) for time in [*times, -(2**63), 2**63 - 1]]
    frame = pl.DataFrame(parts, schema={"ms": pl.Int64(), "ns": pl.Int32()}, orient="row")
    assert instants(frame).to_list() == [*times, -(2**63), 2**63 - 1]


def test_a_view_gives_the_same_points_with_and_without_times(box: Box) -> None:
    """In a span where an instant was written twice, around it, and where there is nothing."""
    box.write("m,s=a v=1 1\nm,s=a v=2 2000001\nm,s=b v=3 5")
    box.write("m,s=a v=4 2000001")
    ids = [one.id for one in box.storage.series(box.bucket.id)]
    with box.storage.snapshot() as view:
        for start, stop in ((0, 10**9), (0, 3), (2_000_001, 2_000_002), (10**9, 2 * 10**9)):
            wanted = sorted(points(view, "float", ids, start, stop))
            bare = view.points_sql("float", ids, start, stop, time=False)
            found = view.execute(f"SELECT series, ms * 1000000 + ns, value FROM ({bare})").fetchall()
            assert sorted(found) == wanted
        everything = points(view, "float", ids)
    assert sorted(value for _, _, value in everything) == [1.0, 3.0, 4.0]

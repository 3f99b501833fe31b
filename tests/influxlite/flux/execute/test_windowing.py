"""Windows of one length are cut by arithmetic; the answer is that of the general way."""

from unittest.mock import patch

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from influxlite.flux.execute import windowing
from influxlite.flux.execute.block import Block, make_block
from influxlite.flux.execute.run import Run
from influxlite.flux.values import Duration
from influxlite.flux.windows import Window

ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.one_of(st.none(), st.integers(-5, 45))), max_size=12)


def shown(tables: list[Block]) -> list[tuple]:
    """All there is to see of some tables."""
    return [(block.columns, block.key, block.keys.to_dicts(), block.frame().to_dicts()) for block in tables]


@settings(deadline=None)
@given(ROWS, st.integers(1, 12), st.integers(-7, 7), st.booleans(), st.booleans())
def test_as_the_general_way(rows: list[tuple], every: int, offset: int, create_empty: bool, in_key: bool) -> None:
    """Random rows, inside the range and outside, with bounds in the group key or not."""
    frame = pl.DataFrame(
        [(name, 0 if name == "a" else 10, 40, time, i) for i, (name, time) in enumerate(rows)],
        schema={c: pl.String() if c == "k" else pl.Int64() for c in ("k", "_start", "_stop", "_time", "_value")},
        orient="row",
    )
    columns = {"k": "string", "_start": "time", "_stop": "time", "_time": "time", "_value": "int"}
    block = make_block(columns, ("k", "_start", "_stop") if in_key else ("k",), frame)
    window = Window(Duration(ns=every), Duration(ns=every), Duration(ns=offset))
    arguments = (Run(None, "", "", 0), [block], window, (0, 40), "_time", "_start", "_stop", create_empty)
    short = shown(windowing.cut(*arguments))
    with patch.object(windowing, "_regular", lambda *_: None):
        assert shown(windowing.cut(*arguments)) == short

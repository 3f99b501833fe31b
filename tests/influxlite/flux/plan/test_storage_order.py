"""Tables stand in the order of their series however many they are."""

from unittest.mock import patch

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from influxlite.flux.execute.block import Block, make_block
from influxlite.flux.plan import storage_order as order

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3)
SERIES = st.lists(st.tuples(st.sampled_from(["cpap", "Cpap", "é"]), TEXTS, st.sampled_from("vw"), st.integers(0, 2)))
KINDS = {"_measurement": "string", "room": "string", "_field": "string", "_start": "time", "_value": "int"}


def shown(tables: list[Block]) -> list[tuple]:
    """All there is to see of some tables, in their order."""
    return [(block.key, block.keys.rows(), block.rows.rows()) for block in tables]


@settings(deadline=None)
@given(SERIES)
def test_many_tables_are_ordered_as_few(series: list[tuple[str, str, str, int]]) -> None:
    """By the bytes of their names, several tables of one series in the order in which they come."""
    unique = list(dict.fromkeys(series))
    frame = pl.DataFrame(
        [(*key, number) for number, key in enumerate(unique)],
        schema={name: pl.Int64() if name in ("_start", "_value") else pl.String() for name in KINDS},
        orient="row",
    )
    block = make_block(KINDS, ("_measurement", "room", "_field", "_start"), frame)
    few = shown(order.storage_order([block]))
    with patch.object(order, "FEW", -1):
        assert shown(order.storage_order([block])) == few

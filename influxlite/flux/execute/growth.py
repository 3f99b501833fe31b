"""Steps that make many rows of few say first how many: looked at afterwards, a bound comes too late for the memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

CELL_BYTES = 8
LISTED_BYTES = 40
"""Of a value in a Python list: its place, and itself."""
FEW_PAIRS = 1_000_000
"""A step that cannot make more is not counted beforehand."""


def check_growth(run: Run, rows: int, columns: int, *, listed: bool = False) -> None:
    """FluxError where a step would make more rows, or more bytes, than a query may. `listed`: in Python lists."""
    run.check_rows(rows)
    run.check_bytes(rows * columns * (LISTED_BYTES if listed else CELL_BYTES))


def check_join(run: Run, left: pl.DataFrame, right: pl.DataFrame, on: Sequence[str]) -> None:
    """FluxError where the rows of two frames that agree in the columns `on` make more pairs than a query may."""
    if left.height * right.height <= FEW_PAIRS:
        return
    ours, theirs = (side.group_by(list(on)).agg(pl.len().cast(pl.UInt64()).alias("\0n")) for side in (left, right))
    pairs = ours.join(theirs, on=list(on)).select((pl.col("\0n") * pl.col("\0n_right")).sum()).item()
    check_growth(run, pairs or 0, left.width + right.width)

"""A long range of readings, piece by piece: memory is bounded by a piece, not by the range."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import polars as pl

Ask = Callable[[datetime, datetime], pl.DataFrame]
"""Asks for the readings of `[start, stop)`, with the columns of `query.night.readings.SCHEMA`, sorted by time."""

AIM_ROWS = 50_000
FIRST, SHORTEST, LONGEST = timedelta(hours=6), timedelta(seconds=1), timedelta(days=64)
FASTEST_GROWTH = 4


def pieces(ask: Ask, start: datetime, stop: datetime, aim_rows: int = AIM_ROWS) -> Iterator[pl.DataFrame]:
    """The readings of `[start, stop)` in order, in frames of roughly `aim_rows` rows; empty ones are left out.

    The range of each question follows from how dense the answer before was. A range in which the ward suddenly sends
    much more costs one larger piece: the next is small again.
    """
    length = FIRST
    while start < stop:
        end = min(start + length, stop)
        frame = ask(start, end)
        if len(frame):
            yield frame
        start = end
        growth = FASTEST_GROWTH if not len(frame) else min(FASTEST_GROWTH, aim_rows / len(frame))
        length = min(LONGEST, max(SHORTEST, length * growth))

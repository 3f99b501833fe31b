"""Which stretch of time each reading stands for: `(previous, t]`, at most three reporting intervals of its device.

All figures that are weighted by time rest on this. The previous reading is the patient's own, in whatever room; a
first one, or one after a gap, stands for three intervals. Stretches are cut where the night begins and ends, so that
what a reading just after noon tells about the minute before it counts for the night that this minute belongs to.
"""

from datetime import datetime, timedelta

import polars as pl

from query.night.readings import UTC_MS

DEFAULT_INTERVAL_S = 60.0
MOST_INTERVALS = 3
WORN_FROM_CMH2O = 4.0
"""Without `mask_on`, a pressure of this or more means that the mask is worn."""


def reach(interval_s: float) -> timedelta:
    """The longest time that one reading stands for, and so how far beyond a night's ends its readings must reach."""
    return timedelta(milliseconds=round(MOST_INTERVALS * interval_s * 1000))


def cover(
    readings: pl.DataFrame, start: datetime, stop: datetime, interval_s: float = DEFAULT_INTERVAL_S
) -> pl.DataFrame:
    """The readings of one patient that stand for some of `[start, stop)`, with four columns more.

    `from` and `to` (UTC) are the stretch that the reading stands for, `covered_ms` is its length in milliseconds, and
    `worn` tells whether the mask is on: what `mask_on` says, without it whether the pressure is 4 cmH2O or more.
    `readings` has the columns of `SCHEMA`, sorted by time; to be exact it reaches `reach` beyond both ends.
    """
    begin, end = (pl.lit(instant, dtype=UTC_MS) for instant in (start, stop))
    return (
        readings.lazy()
        .with_columns(
            pl.max_horizontal(pl.col("time").shift(1), pl.col("time") - reach(interval_s), begin).alias("from"),
            pl.min_horizontal(pl.col("time"), end).alias("to"),
            pl.coalesce(pl.col("mask_on"), pl.col("cpap_pressure") >= WORN_FROM_CMH2O, pl.lit(False)).alias("worn"),
        )
        .with_columns((pl.col("to") - pl.col("from")).dt.total_milliseconds().alias("covered_ms"))
        .filter(pl.col("covered_ms") > 0)
        .collect()
    )


def usage_ms(covered: pl.DataFrame) -> int:
    """How long the mask was worn, in milliseconds, of a frame of `cover`."""
    return int(covered.filter("worn")["covered_ms"].sum())


def weighted_percentile(values: pl.Series, weights_ms: pl.Series, percent: int) -> float | None:
    """The least value that was not exceeded for `percent` % of the time; None where there is no value.

    Values are sorted and their times added up until they reach that part of the whole: the lower weighted percentile,
    an actual value, exact in whole milliseconds. A null has no weight.
    """
    table = pl.DataFrame({"value": values, "weight": weights_ms}).drop_nulls("value").sort("value")
    reached = table["weight"].cum_sum() * 100 >= table["weight"].sum() * percent
    first = reached.arg_max()
    return None if first is None else float(table["value"][first])

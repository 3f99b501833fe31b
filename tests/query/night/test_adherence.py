"""Adherence is the CMS rule, said of the right nights: held against a count of every window."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from query.night.adherence import adherence, nights_of_interest, usage_by_night
from query.night.bounds import night_of
from query.night.readings import SCHEMA, as_readings
from tests.query.night import plain, random_readings

ZONE = ZoneInfo("America/New_York")
START = datetime(2026, 2, 1, 3, tzinfo=UTC)  # 31 January, 22:00 by the clock of the ward
FIRST = date(2026, 1, 31)
FOUR_H, LESS = 4 * 3600.0, 4 * 3600.0 - 0.001


def at_day(day: int) -> datetime:
    """The evening of that day of therapy, the first being 0: nights before it are finished."""
    return START + timedelta(days=day)


def usage(nights: dict[int, float]) -> dict[date, float]:
    """Usage by day of therapy."""
    return {FIRST + timedelta(days=day): seconds for day, seconds in nights.items()}


@settings(deadline=None)
@given(st.sets(st.integers(0, 130)), st.integers(0, 130))
def test_the_verdict_is_that_of_every_window(used: set[int], day: int) -> None:
    """Met if any 30 consecutive nights of the first 90 have 21 of 4 hours; open while some still may; else not met."""
    found = adherence(usage(dict.fromkeys(used, FOUR_H)), START, at_day(day), ZONE)
    over = {night for night in used if night < day}
    counts = [len(over & set(range(first, first + 30))) for first in range(61)]
    hopes = [len((over | set(range(day, 90))) & set(range(first, first + 30))) for first in range(61)]
    assert found.verdict == ("met" if max(counts) >= 21 else "open" if max(hopes) >= 21 else "not met")
    if found.best is not None:
        assert found.best.nights_of_4_h == max(counts)
    last = range(max(0, day - 30), day)
    if day:
        assert found.last_30 is not None
        assert (found.last_30.nights_of_4_h, found.last_30.nights) == (len(over & set(last)), len(last))


def test_a_second_less_than_four_hours_is_not_enough() -> None:
    """21 nights of 4 hours in 30 meet the rule; with one of them a millisecond short they do not."""
    nights = dict.fromkeys(range(21), FOUR_H)
    assert adherence(usage(nights), START, at_day(95), ZONE).verdict == "met"
    assert adherence(usage({**nights, 7: LESS}), START, at_day(95), ZONE).verdict == "not met"


def test_good_nights_after_the_first_ninety_do_not_count() -> None:
    """A patient who begins to use it in the fourth month fails the rule, and the last 30 nights say so separately."""
    found = adherence(usage(dict.fromkeys(range(90, 125), FOUR_H)), START, at_day(125), ZONE)
    assert found.verdict == "not met"
    assert found.last_30 is not None
    assert found.last_30.share == 1.0


def test_before_the_first_night_is_over_nothing_is_said() -> None:
    """On the first evening there is no window, and the verdict is open."""
    found = adherence({}, START, at_day(0), ZONE)
    assert (found.verdict, found.best, found.last_30, found.nights) == ("open", None, None, ())


@settings(deadline=None)
@given(st.data())
def test_usage_of_many_nights_equals_each_night_in_plain_python(data: st.DataObject) -> None:
    """Usage by night, taken from one long frame, is the plain figure of each night."""
    zone, night = data.draw(random_readings.zones), data.draw(random_readings.nights)
    interval_s = data.draw(random_readings.intervals_s)
    rows = data.draw(random_readings.readings(night, zone, interval_s))
    nights = [night + timedelta(days=day) for day in (-1, 0, 1)]
    found = usage_by_night(as_readings(pl.DataFrame(rows, schema=SCHEMA)), nights, zone, interval_s)
    assert found == {n: plain.figures(rows, n, zone, interval_s)["usage_s"] for n in nights}


def test_therapy_begins_with_the_night_of_the_first_reading() -> None:
    """A first reading at 03:00 belongs to the night before."""
    assert night_of(START, ZONE) == FIRST
    assert nights_of_interest(START, at_day(3), ZONE) == [FIRST + timedelta(days=day) for day in range(3)]

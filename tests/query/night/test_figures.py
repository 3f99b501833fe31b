"""A night's figures are those of the contract: held against plain Python over random nights in random zones."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from query.night.bounds import night_bounds, night_of
from query.night.coverage import weighted_percentile
from query.night.figures import night_figures
from query.night.readings import SCHEMA, as_readings
from tests.query.night import plain, random_readings

BERLIN = ZoneInfo("Europe/Berlin")


def frame(rows: list[plain.Reading]) -> pl.DataFrame:
    """The rows as a frame of readings."""
    return as_readings(pl.DataFrame(rows, schema=SCHEMA))


@settings(deadline=None)
@given(st.data())
def test_every_figure_equals_a_plain_computation(data: st.DataObject) -> None:
    """Whatever was measured, whenever and wherever: frames and plain Python give the same figures."""
    zone, night = data.draw(random_readings.zones), data.draw(random_readings.nights)
    interval_s = data.draw(random_readings.intervals_s)
    rows = data.draw(random_readings.readings(night, zone, interval_s))
    found = asdict(night_figures(frame(rows), night, zone, interval_s))
    found["sessions"] = [tuple(map(plain.milliseconds, session)) for session in found["sessions"]]
    expected = plain.figures(rows, night, zone, interval_s)
    assert {name: found[name] for name in expected} == expected


@settings(deadline=None)
@given(random_readings.zones, st.integers(631_152_000, 2_051_222_400))
def test_every_instant_lies_in_exactly_the_night_that_it_is_said_to(zone: ZoneInfo, seconds: int) -> None:
    """Nights follow each other without gap or overlap, and an instant's night is the one whose bounds hold it."""
    instant = datetime.fromtimestamp(seconds, UTC)
    night = night_of(instant, zone)
    start, stop = night_bounds(night, zone)
    assert start <= instant < stop
    assert night_bounds(night + timedelta(days=1), zone)[0] == stop


@pytest.mark.parametrize(
    ("night", "hours"), [(date(2026, 1, 10), 24), (date(2026, 3, 28), 23), (date(2026, 10, 24), 25)]
)
def test_a_night_is_as_long_as_the_clock_makes_it(night: date, hours: int) -> None:
    """In Berlin the night of the change in March has 23 hours, the one in October 25."""
    start, stop = night_bounds(night, BERLIN)
    assert stop - start == timedelta(hours=hours)


def reading(minute: float, **fields: object) -> plain.Reading:
    """A reading so many minutes after 22:00 UTC."""
    at = datetime(2026, 1, 10, 22, tzinfo=UTC) + timedelta(minutes=minute)
    return {**dict.fromkeys(SCHEMA), "time": at, "room": "101", "mrn": "5001", **fields}


def test_a_reading_after_a_gap_covers_three_intervals() -> None:
    """A first reading, and one after an hour of silence, stand for three minutes each, the one between for one."""
    rows = [reading(0, mask_on=True), reading(1, mask_on=True), reading(61, mask_on=True)]
    found = night_figures(frame(rows), date(2026, 1, 10), ZoneInfo("UTC"))
    assert found.usage_s == 3 * 60 + 60 + 3 * 60
    assert len(found.sessions) == 2


def test_pressure_tells_usage_only_where_the_mask_does_not() -> None:
    """`mask_on` decides where it is there; else 4 cmH2O or more is usage, and 3.9 or nothing is not."""
    rows = [
        reading(0, mask_on=False, cpap_pressure=10.0),
        reading(1, cpap_pressure=4.0),
        reading(2, cpap_pressure=3.9),
        reading(3, spo2=95.0),
        reading(4, mask_on=True, cpap_pressure=0.0),
    ]
    assert night_figures(frame(rows), date(2026, 1, 10), ZoneInfo("UTC")).usage_s == 120


def test_percentiles_are_weighted_by_time() -> None:
    """A value that lasted nine minutes outweighs nine values of six seconds."""
    values = pl.Series([10.0, *[5.0] * 9])
    weights = pl.Series([540_000, *[6_000] * 9])
    assert weighted_percentile(values, weights, 50) == 10.0
    assert weighted_percentile(pl.Series([None, 1.0], dtype=pl.Float64), pl.Series([5, 0]), 50) == 1.0
    assert weighted_percentile(pl.Series([], dtype=pl.Float64), pl.Series([], dtype=pl.Int64), 50) is None


def test_a_night_without_readings_is_missing_and_has_no_figure() -> None:
    """Nothing was measured: no zero pretends otherwise."""
    found = night_figures(frame([]), date(2026, 1, 10), BERLIN)
    assert found.missing
    assert found.apnea_index is found.pressure_p95 is found.spo2_min is found.leak_median is None

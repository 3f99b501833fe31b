"""Random readings of one patient around a night, for tests of figures: any spacing, gaps, rooms and missing fields."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.query.night.plain import Reading

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
NIGHTS = (
    date(2026, 1, 10),
    date(2026, 3, 7),  # New York loses an hour
    date(2026, 3, 28),  # Berlin loses an hour
    date(2026, 4, 4),  # Lord Howe gains half an hour
    date(2026, 10, 24),  # Berlin gains an hour
    date(2026, 10, 31),  # New York gains an hour
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
nights = st.sampled_from(NIGHTS)
intervals_s = st.sampled_from([1.0, 10.0, 60.0, 61.5, 300.0])


def _value(low: float, high: float) -> st.SearchStrategy[float | None]:
    return st.none() | st.integers(int(low * 10), int(high * 10)).map(lambda tenths: tenths / 10)


@st.composite
def readings(draw: st.DrawFn, night: date, zone: ZoneInfo, interval_s: float) -> list[Reading]:
    """Up to 60 readings in bursts, somewhere from an hour before the night to an hour after it, sorted."""
    noon = datetime(night.year, night.month, night.day, 12, tzinfo=zone).astimezone(UTC)
    times: set[datetime] = set()
    for _ in range(draw(st.integers(0, 4))):
        at = noon + timedelta(milliseconds=draw(st.integers(-3_600_000, 27 * 3_600_000)))
        if draw(st.booleans()):
            at = noon + timedelta(hours=draw(st.sampled_from([0, 23, 24, 25])))
        for _ in range(draw(st.integers(1, 15))):
            times.add(at)
            at += timedelta(milliseconds=draw(st.integers(1, round(4500 * interval_s))))
    return [
        {
            "time": at,
            "room": draw(st.sampled_from(["101", "102"])),
            "mrn": "5001",
            "cpap_pressure": draw(_value(0, 20)),
            "breath_rate": draw(_value(0, 40)),
            "apnea_count": draw(st.none() | st.integers(0, 5)),
            "leak_rate": draw(_value(0, 60) | st.just(24.0)),
            "spo2": draw(_value(80, 100) | st.just(90.0)),
            "mask_on": draw(st.none() | st.booleans()),
            "flow_image": None,
        }
        for at in sorted(times)
    ]

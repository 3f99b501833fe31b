"""Time arithmetic with calendar months and time zones, and the windows that `window` and `date.truncate` cut time into.

All times are integers: nanoseconds since 1970, UTC unless said to be local. The i-th window starts at
`zero + every·i` on the local clock, zero being 1970-01-01 plus the offset.
"""

from __future__ import annotations

import zoneinfo
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import eq

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.values import INFINITE, ZERO, Duration, wrap_int

DAY = 86_400_000_000_000
SECOND = 1_000_000_000
MIN_TIME = -(1 << 63)
MAX_TIME = (1 << 63) - 1
MAX_WINDOWS = 5_000_000
"""More windows than this are refused: InfluxDB would take tens of gigabytes for them."""
TOO_MANY = f"the range holds more than {MAX_WINDOWS} windows: choose a longer interval"


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day counted from 1970-01-01 (Howard Hinnant's algorithm, proleptic Gregorian)."""
    days += 719_468
    era = days // 146_097
    doe = days - era * 146_097
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    shifted = (5 * doy + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return yoe + era * 400 + (month <= 2), month, doy - (153 * shifted + 2) // 5 + 1


def days_of(year: int, month: int, day: int) -> int:
    """The day counted from 1970-01-01, the inverse of `civil`."""
    year -= month <= 2
    era = year // 400
    yoe = year - era * 400
    doy = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719_468


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def add_duration(time: int, duration: Duration) -> int:
    """`time` moved by a duration, no further than 64 bits; a day that its month lacks becomes the month's last."""
    return max(MIN_TIME, min(MAX_TIME, _moved(time, duration)))


def shifted(time: int, duration: Duration) -> int:
    """As `add_duration`, but a time beyond 64 bits begins again at their other end, as where InfluxDB calculates."""
    return wrap_int(_moved(time, duration))


def _moved(time: int, duration: Duration) -> int:
    if not duration.months:
        return time + duration.ns
    days, rest = divmod(time, DAY)
    year, month, day = civil(days)
    whole = year * 12 + month - 1 + duration.months
    year, month = whole // 12, whole % 12 + 1
    day = min(day, days_in_month(year, month))
    return days_of(year, month, day) * DAY + rest + duration.ns


def months_since(time: int) -> int:
    """Whole calendar months from 1970-01 to the month of `time`."""
    year, month, _ = civil(time // DAY)
    return (year - 1970) * 12 + month - 1


@dataclass(frozen=True, slots=True)
class Location:
    """A time zone by name, and a fixed offset to the west or east of it."""

    zone: str = "UTC"
    offset: Duration = ZERO

    @property
    def plain(self) -> bool:
        """Whether its clock is UTC but for the offset."""
        return self.zone in ("UTC", "")


UTC_LOCATION = Location()


@lru_cache(maxsize=64)
def load_zone(name: str) -> zoneinfo.ZoneInfo:
    """A time zone of the tz database; FluxError where there is none of that name."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(f"unknown time zone {name}") from None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE = datetime(1970, 1, 1)  # noqa: DTZ001 - a reading of a local clock has no zone


def to_local(time: int, zone: str) -> int:
    """What the clock of `zone` shows at `time`, as nanoseconds since 1970 on that clock."""
    seconds = min(max(time // SECOND, -62_000_000_000), 250_000_000_000)
    offset = (_EPOCH + timedelta(seconds=seconds)).astimezone(load_zone(zone)).utcoffset()
    assert offset is not None
    return time + int(offset.total_seconds()) * SECOND


def from_local(clock: int, zone: str) -> int:
    """The time at which the clock of `zone` shows `clock`; the first of two, the jump itself where there is none."""
    seconds = min(max(clock // SECOND, -62_000_000_000), 250_000_000_000)
    naive = _NAIVE + timedelta(seconds=seconds)
    tz = load_zone(zone)
    first = naive.replace(tzinfo=tz, fold=0)
    before, after = first.utcoffset(), first.replace(fold=1).utcoffset()
    assert before is not None
    assert after is not None
    utc = clock - int(before.total_seconds()) * SECOND
    if after > before:  # the clock never showed it: it was put forward past it
        low = clock - int(after.total_seconds()) * SECOND
        return _jump(low, utc, zone)
    return utc


def _jump(low: int, high: int, zone: str) -> int:
    """The instant between two at which the clock of a zone is put forward."""
    shift = to_local(low, zone) - low
    a, b = low // SECOND, high // SECOND
    while b - a > 1:
        middle = (a + b) // 2
        if to_local(middle * SECOND, zone) - middle * SECOND == shift:
            a = middle
        else:
            b = middle
    return b * SECOND


@dataclass(frozen=True, slots=True)
class Window:
    """Windows of length `period` that start `every` so often, moved by `offset`, on the clock of `location`."""

    every: Duration
    period: Duration
    offset: Duration = ZERO
    location: Location = UTC_LOCATION

    def __post_init__(self) -> None:
        if self.every.is_zero:
            raise invalid("duration used as an interval cannot be zero")
        if self.every.months and self.every.ns:
            raise invalid("duration used as an interval cannot mix month and nanosecond units")
        if self.every.negative:
            raise invalid("duration used as an interval cannot be negative")

    @property
    def infinite(self) -> bool:
        """Whether one window is all of time."""
        return self.every == INFINITE

    @property
    def zero(self) -> int:
        """The start of window 0 on the local clock."""
        return add_duration(add_duration(0, -self.location.offset), self.offset)

    @property
    def fixed(self) -> bool:
        """Whether all windows have one length and start at multiples of it: no months, no clock changes."""
        return self.location.plain and not self.every.months and not self.period.months

    def start_of(self, index: int) -> int:
        """The local start of a window, which may lie beyond 64 bits."""
        return _moved(self.zero, self.every.times(index))

    def index_of(self, clock: int) -> int:
        """The last window that starts at or before a local time."""
        if not self.every.months:
            return (clock - self.zero) // self.every.ns
        index = (months_since(clock) - months_since(self.zero)) // self.every.months
        while self.start_of(index) > clock:
            index -= 1
        while self.start_of(index + 1) <= clock:
            index += 1
        return index

    def latest_start(self, time: int) -> int:
        """The start, in UTC, of the last window that starts at or before `time`."""
        if self.location.plain:
            return wrap_int(self.start_of(self.index_of(time)))
        zone = self.location.zone
        index = self.index_of(to_local(time, zone))
        start = from_local(self.start_of(index), zone)
        return wrap_int(start if start <= time else from_local(self.start_of(index - 1), zone))

    def overlapping(self, start: int, stop: int) -> tuple[list[int], list[int]]:
        """Starts and stops, ascending and in UTC, of all windows that share an instant with `[start, stop)`."""
        if start >= stop:
            return [], []
        if self.fixed:
            return self._regular(start, stop)
        zone = None if self.location.plain else self.location.zone
        clock = stop if zone is None else to_local(stop, zone)
        index = self.index_of(clock) + (self._ahead() if self.period.negative else 0)
        starts: list[int] = []
        stops: list[int] = []
        while True:
            a = self.start_of(index)
            b = _moved(a, self.period)
            if b < a:
                a, b = b, a
            if zone is not None:
                a, b = from_local(a, zone), from_local(b, zone)
            if b <= start:
                break
            if a < stop:
                starts.append(max(a, MIN_TIME))
                stops.append(min(b, MAX_TIME))
            index -= 1
            if len(starts) > MAX_WINDOWS:
                raise invalid(TOO_MANY)
        return starts[::-1], stops[::-1]

    def _regular(self, start: int, stop: int) -> tuple[list[int], list[int]]:
        """The same for windows of one length at one distance."""
        every, length = self.every.ns, abs(self.period.ns)
        zero = self.zero + min(self.period.ns, 0)
        first = (start - zero - length) // every + 1
        last = (stop - 1 - zero) // every
        if last - first >= MAX_WINDOWS:
            raise invalid(TOO_MANY)
        starts = list(range(zero + first * every, zero + last * every + 1, every))
        return starts, [a + length for a in starts]

    def _ahead(self) -> int:
        if self.every.months:
            return abs(self.period.months) // self.every.months + 2
        return abs(self.period.ns) // self.every.ns + 2

    def places(self, times: pl.Series) -> int:
        """How many rows `assign` may make of these times: a time lies in as many windows as overlap."""
        if self.infinite or not self.every.ns or self.period.months:
            return len(times)
        return len(times) * (abs(self.period.ns) // self.every.ns + 1)

    def assign(self, times: pl.Series, start: int, stop: int) -> tuple[pl.Series, pl.Series, pl.Series]:
        """For each time, the windows that hold it: (row numbers, starts, stops), starts descending within a row.

        Windows are cut to `[start, stop)`, those outside it become it; times outside all windows have no row here.
        """
        rows = pl.int_range(0, len(times), dtype=pl.UInt32(), eager=True)
        if self.infinite:
            return rows, _same(start, len(times)), _same(stop, len(times))
        if self.fixed and self.period == self.every:
            zero = self.zero % self.every.ns
            begins = times - (times - zero) % self.every.ns
            ends = begins + self.period.ns
            return rows, *_cut(begins, ends, start, stop)
        if not len(times):
            return rows, times, times
        starts, stops = self.overlapping(int(times.min()), int(times.max()) + 1)  # type: ignore[arg-type]
        first = pl.Series(stops, dtype=pl.Int64()).search_sorted(times, side="right")
        end = pl.Series(starts, dtype=pl.Int64()).search_sorted(times, side="right")
        frame = pl.DataFrame({"row": rows, "first": first.cast(pl.Int64()), "end": end.cast(pl.Int64())})
        frame = frame.filter(pl.col("first") < pl.col("end"))
        frame = frame.with_columns(pl.int_ranges("first", "end").list.reverse().alias("w")).explode("w")
        begins = pl.Series(starts, dtype=pl.Int64()).gather(frame["w"])
        ends = pl.Series(stops, dtype=pl.Int64()).gather(frame["w"])
        return frame["row"], *_cut(begins, ends, start, stop)


def _cut(begins: pl.Series, ends: pl.Series, start: int, stop: int) -> tuple[pl.Series, pl.Series]:
    outside = (ends <= start) | (begins >= stop)
    begins, ends = begins.clip(start, stop), ends.clip(start, stop)
    return begins.set(outside, start), ends.set(outside, stop)


def _same(value: int, n: int) -> pl.Series:
    return pl.repeat(value, n, dtype=pl.Int64(), eager=True)


def cut_to_one(window: Window, start: int, stop: int) -> bool:
    """Whether windows do not stay apart when they are cut to a range: both ends of several lie outside, the clock
    jumps over one, or there is none."""
    if window.infinite or (window.period == window.every and window.location.plain):
        return False
    starts, stops = clipped(window, start, stop, start)
    return not starts or len(set(zip(starts, stops, strict=True))) < len(starts) or any(map(eq, starts, stops))


def clipped(window: Window, start: int, stop: int, lost: int) -> tuple[list[int], list[int]]:
    """All windows that share an instant with `[start, stop)`, cut to it.

    Of one that the clock jumps over, which lasts no time, InfluxDB's cutting leaves the span from `start` to `lost`.
    """
    starts, stops = window.overlapping(start, stop)
    spans = [(start, lost) if s == e else (max(start, s), min(stop, e)) for s, e in zip(starts, stops, strict=True)]
    return [s for s, _ in spans], [e for _, e in spans]


def find_window(starts: list[int], time: int) -> int:
    """The number of the last of ascending `starts` at or before `time`, -1 for none."""
    return bisect_right(starts, time) - 1


def local_clock(times: pl.Series, location: Location) -> pl.Series:
    """What the clock of a location shows at each time, in nanoseconds since 1970 on that clock."""
    if location.plain:
        clock = times
    else:
        load_zone(location.zone)
        local = times.cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(location.zone)
        clock = local.dt.replace_time_zone(None).cast(pl.Int64())
    return clock + location.offset.ns if location.offset.ns else clock

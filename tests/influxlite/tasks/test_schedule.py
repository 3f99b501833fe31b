"""When tasks are due: aligned to `every`, by calendar, and how much of a pause is made up for."""

import pytest

from influxlite.tasks import cron, spans
from influxlite.tasks.schedule import Schedule
from tests.influxlite.tasks.test_cron import seconds, text

DUE = {
    ("1h", "2026-03-01T10:17:23Z"): "2026-03-01T11:00:00Z",
    ("1h", "2026-03-01T10:00:00Z"): "2026-03-01T11:00:00Z",
    ("25m", "2026-03-01T10:17:23Z"): "2026-03-01T10:25:00Z",
    ("1d", "2026-03-01T10:17:23Z"): "2026-03-02T00:00:00Z",
    ("1w", "2026-03-05T10:17:23Z"): "2026-03-09T00:00:00Z",
    ("10s", "2026-03-01T10:17:23Z"): "2026-03-01T10:17:30Z",
}


@pytest.mark.parametrize(("every", "start"), DUE)
def test_runs_are_aligned_to_every(every: str, start: str) -> None:
    """The first run is for the next multiple of `every`; days begin at midnight UTC, weeks on Monday."""
    schedule = Schedule(spans.read(every))
    assert text(schedule.after(schedule.aligned(seconds(start)))) == DUE[every, start]


def test_a_month_is_the_calendars() -> None:
    """From the first of a month to the first of the next; where a month has no such day, the days beyond are added."""
    month = spans.read("1mo")
    assert text(month.after(seconds("2026-01-01T00:00:00Z"))) == "2026-02-01T00:00:00Z"
    assert text(month.after(seconds("2026-01-31T06:00:00Z"))) == "2026-03-03T06:00:00Z"
    assert text(spans.read("1y2d3h").after(seconds("2026-02-28T00:00:00Z"))) == "2027-03-02T03:00:00Z"


def due(schedule: Schedule, since: str, now: str, most: int) -> list[str]:
    """The runs that are made up for."""
    found, instant = [], schedule.missed(seconds(since), seconds(now), most)
    while (instant := schedule.after(instant)) + schedule.offset_s <= seconds(now):
        found.append(text(instant))
    return found


def test_a_pause_is_made_up_for() -> None:
    """Every run since the last one is due, up to now, each with its offset."""
    schedule = Schedule(spans.read("1h"), 600)
    assert due(schedule, "2026-03-01T10:00:00Z", "2026-03-01T13:09:59Z", 100) == [
        "2026-03-01T11:00:00Z",
        "2026-03-01T12:00:00Z",
    ]


@pytest.mark.parametrize("rule", [spans.read("1s"), cron.read("* * * * * *"), cron.read("@every_second")])
def test_of_a_long_pause_the_newest_runs_are_made_up_for(rule: cron.Cron | spans.Span) -> None:
    """A year later no more than the bound, and those the newest."""
    found = due(Schedule(rule), "2025-03-01T10:00:00Z", "2026-03-01T10:00:00Z", 3)
    assert found == ["2026-03-01T09:59:58Z", "2026-03-01T09:59:59Z", "2026-03-01T10:00:00Z"]


def test_rare_runs_are_found_behind_a_long_pause() -> None:
    """A yearly run of three years ago is not lost by the bound."""
    found = due(Schedule(cron.read("@yearly")), "2022-06-01T00:00:00Z", "2026-03-01T00:00:00Z", 3)
    assert found == ["2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]


def test_an_offset_is_shown_as_influxdb_does() -> None:
    """Hours, minutes, seconds; what is nought is left out."""
    assert [spans.shown(s) for s in (0, 300, -300, 5400, 3661, 86400)] == ["", "5m", "-5m", "1h30m", "1h1m1s", "24h"]

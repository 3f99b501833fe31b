"""Cron lines: what they mean, and what is refused in which words."""

from datetime import UTC, datetime

import pytest

from influxlite.tasks import cron, spans
from influxlite.tasks.errors import NeverDueError, OptionsError

START = "2026-01-31T22:59:30Z"
FOLLOWING = {
    "* * * * *": ["2026-01-31T23:00:00Z", "2026-01-31T23:01:00Z"],
    "*/20 * * * *": ["2026-01-31T23:00:00Z", "2026-01-31T23:20:00Z", "2026-01-31T23:40:00Z", "2026-02-01T00:00:00Z"],
    "5/25 * * * *": ["2026-01-31T23:05:00Z", "2026-01-31T23:30:00Z", "2026-01-31T23:55:00Z", "2026-02-01T00:05:00Z"],
    "0 12 * * *": ["2026-02-01T12:00:00Z", "2026-02-02T12:00:00Z"],
    "30 6,18 1-2 FEB *": ["2026-02-01T06:30:00Z", "2026-02-01T18:30:00Z", "2026-02-02T06:30:00Z"],
    "0 0 * * mon-FRI": ["2026-02-02T00:00:00Z", "2026-02-03T00:00:00Z"],
    "0 0 13 * 5": ["2026-02-13T00:00:00Z", "2026-03-13T00:00:00Z", "2026-11-13T00:00:00Z"],
    "0 0 29 2 *": ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
    "0 0 31 * *": ["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"],
    "15,45 * * * * *": ["2026-01-31T22:59:45Z", "2026-01-31T23:00:15Z"],
    "0 0 0 1 1 * 2030": ["2030-01-01T00:00:00Z"],
    "@hourly": ["2026-01-31T23:00:00Z", "2026-02-01T00:00:00Z"],
    "@daily": ["2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"],
    "@weekly": ["2026-02-01T00:00:00Z", "2026-02-08T00:00:00Z"],
    "@monthly": ["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"],
    "@yearly": ["2027-01-01T00:00:00Z"],
    "@every_minute": ["2026-01-31T23:00:00Z"],
    "  0   12 * * *  ": ["2026-02-01T12:00:00Z"],
}
UNREADABLE = "failed to parse cron string '{}' {{0 0 0 0 0 0 0 0 0 0 0 false}} 111111111111"
REFUSED = {
    "x": UNREADABLE.format("x"),
    "0 * * *": UNREADABLE.format("0 * * *"),
    "61 * * * *": "invalid start minute 61",
    "* 24 * * *": "invalid start hour 24",
    "* * * 13 *": "invalid start month 13",
    "*/60 * * * *": "invalid minute */60",
    "* * * * 7": "invalid day of week range start must be before end",
    "@every": UNREADABLE.format("@every"),
    "@never": UNREADABLE.format("@never"),
}


def seconds(text: str) -> int:
    """Seconds since 1970."""
    return int(datetime.fromisoformat(text).timestamp())


def text(instant_s: int) -> str:
    """An instant for people."""
    return datetime.fromtimestamp(instant_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("line", FOLLOWING)
def test_a_line_names_its_instants(line: str) -> None:
    """From an instant on, the instants of a line come one after the other."""
    found, instant, rule = [], seconds(START), cron.read(line)
    for _ in FOLLOWING[line]:
        instant = rule.after(instant)
        found.append(text(instant))
    assert found == FOLLOWING[line]


def test_every_is_a_span() -> None:
    """`@every` counts on from where one stands."""
    rule = cron.read("@every 1h30m")
    assert isinstance(rule, spans.Span)
    assert text(rule.after(seconds(START))) == "2026-02-01T00:29:30Z"


@pytest.mark.parametrize("line", REFUSED)
def test_a_line_is_refused_in_influxdbs_words(line: str) -> None:
    """What is no cron line says what is wrong with it."""
    with pytest.raises(OptionsError) as raised:
        cron.read(line)
    assert str(raised.value) == REFUSED[line]


@pytest.mark.parametrize("line", ["0 0 31 2 *", "0 0 0 1 1 * 1999"])
def test_a_line_without_an_instant_says_so(line: str) -> None:
    """The 31st of February never comes, and it does not take for ever to find out."""
    rule = cron.read(line)
    with pytest.raises(NeverDueError, match="could not fulfil schedule due to year"):
        rule.after(seconds(START))

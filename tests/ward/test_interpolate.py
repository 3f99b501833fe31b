"""Variables become literals: whatever is chosen, the question that is asked is the dashboard's."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.influx_servers import Influx
from ward.columns import decode
from ward.errors import NotAllowed
from ward.interpolate import Span, interpolate

SPAN = Span(1_768_000_000_000, 1_768_043_200_123, 721)
# What Flux can hold and CSV gives back: no lone surrogates, and a line end within a value is not told from CR LF.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1, max_size=20)
NASTY = st.sampled_from(['"', "\\", "${v}", "${", '"}', "//", "/*", "\n", '\\"', "$", "{{x}}", "[[room]]", "`", "日本"])


def bound(flux: str, **values: list[str]) -> str:
    """The question with these values."""
    return interpolate(flux, values, SPAN, bucket="telemetry", org="ward")


@given(parts=st.lists(TEXTS | NASTY, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_comes_back_as_it_went_in(influx: Influx, parts: list[str]) -> None:
    """Any text, put between quotes by any of Grafana's formats, is that text to InfluxDB and nothing more."""
    value = "".join(parts)
    for where in ('"${x}"', '"${x:percentencode}"', "${x:json}", "${x:doublequote}"):
        flux = bound(f'import "array"\narray.from(rows: [{{v: {where}}}])', x=[value])
        answer = influx.query(flux, dialect={"annotations": ["datatype", "group", "default"]})
        assert answer.status_code == 200, answer.text
        (table,) = decode(answer.content, 10)
        assert table.columns["v"] == [value], where


def test_several_values_are_a_list() -> None:
    """`json` makes a list of several, `doublequote` a sequence."""
    assert bound("x = ${r:json}", r=["1", 'a"b']) == 'x = ["1", "a\\"b"]'
    assert bound("x = [${r:doublequote}]", r=["1", "2"]) == 'x = ["1", "2"]'


def test_a_pattern_holds_characters_only() -> None:
    """In a regular expression a value matches itself: no sign of it is the pattern's."""
    assert bound("r.room =~ /^${r:regex}$/", r=["1.0/2"]) == r"r.room =~ /^1\.0\/2$/"
    assert bound("r.room =~ /^${r:regex}$/", r=["1", "2"]) == "r.room =~ /^(1|2)$/"
    with pytest.raises(NotAllowed):
        bound("r.room =~ /^${r:regex}$/", r=["a\nb"])


@pytest.mark.parametrize("value", ["5m", "-1h30m", "10", "2.5", "true"])
def test_durations_and_numbers_stand_bare(value: str) -> None:
    """A variable outside quotes is a duration, a number or a boolean."""
    assert bound("every: ${e}", e=[value]) == f"every: {value}"


@pytest.mark.parametrize("value", ["5m) |> yield(", "buckets()", "5 m", "", "1h;x", "٥m", "5m\n"])
def test_nothing_else_stands_bare(value: str) -> None:
    """Whatever could be code is refused."""
    with pytest.raises(NotAllowed):
        bound("every: ${e}", e=[value])


def test_the_range_and_the_bucket_are_literals() -> None:
    """Grafana's record `v` becomes times to the millisecond, a round window, and quoted names."""
    asked = bound("{v.timeRangeStart, v.timeRangeStop, v.windowPeriod, v.defaultBucket, v.organization, v.other}")
    assert asked == '{2026-01-09T23:06:40.000Z, 2026-01-10T11:06:40.123Z, 60000ms, "telemetry", "ward", v.other}'
    assert bound("$__interval ${__from}") == "60000ms 1768000000000"


def test_what_is_no_variable_stays() -> None:
    """Flux's own interpolation, comments, `$` at the end of a pattern and division are left alone."""
    for flux in ('"${r.room}"', '"room ${r.room} of $x"', '// ${room} "\n', "r.x =~ /a$/", "x = a / b / c"):
        assert bound(flux) == flux


def test_a_missing_value_is_told_by_name() -> None:
    """A variable without a value is an error with its name, not an empty text."""
    with pytest.raises(NotAllowed) as raised:
        bound('"${night:percentencode}"')
    assert json.dumps(raised.value.document()).count("night") == 1

"""Reading bodies: the short ways give what the long ones give, whatever is sent."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clock import parse_ms
from ingest.errors import Problem
from ingest.reading import Incoming, parse_lines, parse_object

WHOLE = (
    b'{"room": 1, "mrn": 2, "time": "2026-01-10T22:00:00Z", "spo2": 95}',
    b'{"room":"a-1","mrn":"0042","cpap_pressure":-0.0,"mask_on":true}',
    rb'{"room": 3, "mrn": 4, "name": "Ada \u007b Park"}',
    b'{"room": 3, "mrn": 4, "name": "Ada } { Park"}',
    b'  {"room": 3, "mrn": 4, "spo2": 1, "spo2": 2}',
    b'{"room": 3, "mrn": 4}',
)
BROKEN = (
    b'{"room": 1, "mrn": 2, "spo2": 95}, {"room": 1, "mrn": 3, "spo2": 96}',
    b'{"room": 1, "mrn": 2',
    b'"spo2": 95}',
    b'{"room": 5, "mrn": 6, "name": "a}',
    b'{b"}',
    b'{"spo2": [{}',
    b"{}]}",
    b"{",
    b"[]",
    b"null",
    b'{"room": 1, "mrn": 2, "spo2": 101}',
    b'\xff{"room": 1}',
    b" ",
    b"",
    b",",
)


def each_by_itself(body: bytes) -> list[Incoming | tuple[str, list[tuple[str, str]]]]:
    """What the contract says of NDJSON: a line is one object, read alone."""
    found = []
    for line in body.split(b"\n"):
        if line.strip():
            try:
                found.append(parse_object(line))
            except Problem as problem:
                found.append((problem.slug, problem.errors))
    return found


@given(
    st.lists(st.sampled_from(WHOLE) | st.sampled_from(WHOLE + BROKEN), min_size=1, max_size=6),
    st.sampled_from([b"\n", b"\r\n", b"\n\n", b" \n\t"]),
    st.sampled_from([b"", b"\n"]),
)
def test_lines_read_at_once_are_read_as_each_by_itself(lines: list[bytes], between: bytes, end: bytes) -> None:
    """Two objects on one line, an object over two lines or a text with a line break never pass for others."""
    body = between.join(lines) + end
    expected = each_by_itself(body)
    if not expected:
        with pytest.raises(Problem, match="empty-batch"):
            parse_lines(body)
        return
    found = [(item.slug, item.errors) if isinstance(item, Problem) else item for item in parse_lines(body)]
    assert found == expected


@given(st.integers(-62_135_596_800, 253_402_300_799), st.sampled_from("Zz"))
def test_a_plain_time_is_the_instant_that_the_calendar_says(second: int, zone: str) -> None:
    """`YYYY-MM-DDTHH:MM:SSZ`, the shape that most devices send, has a way of its own."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    assert parse_ms(moment.isoformat()[:19] + zone) == second * 1000


@given(st.integers(0, 19), st.characters())
def test_a_time_with_one_character_changed_is_refused_or_another_right_time(at: int, character: str) -> None:
    """No other digit, sign or separator slips through, wherever it stands."""
    text = list("2026-01-10T22:00:00Z")
    text[at] = character
    try:
        found = parse_ms("".join(text))
    except ValueError:
        return
    assert "".join(text).isascii()
    assert found == round(datetime.fromisoformat("".join(text).upper()).timestamp() * 1000)

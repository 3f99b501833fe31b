"""Reading bodies: the short ways give what the long ones give, whatever is sent."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clock import parse_ms
from ingest.errors import Problem
from ingest.incoming import Incoming
from ingest.plain import read_array, read_lines, read_object
from ingest.reading import examine_object, parse_lines, parse_object

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


_TIMES = ("2026-01-10T22:00:00Z", "2026-01-10t22:00:00.1239z", "2026-01-10T22:00:00+01:30", "2026-02-30T00:00:00Z", "")
_VALUES = (
    *(
        "0",
        "-0",
        "-0.0",
        "1",
        "01",
        "1.0",
        "1e1",
        "60",
        "60.00000000000001",
        "150",
        "300",
        "1000",
        "1001",
        "5e-324",
        "-1",
    ),
    *("0.1", "7.000000000000001", "1E400", "9" * 32, "9" * 33, "18446744073709551616", "NaN", "null", "true", "false"),
    *(
        '""',
        '"a-1"',
        '"a_1"',
        r'"a\n"',
        r'"\u0041"',
        '"1"',
        f'"{"x" * 33}"',
        '"ä"',
        "[]",
        "{}",
        *(f'"{t}"' for t in _TIMES),
    ),
)
_KEYS = (
    *("room", "mrn", "time", "cpap_pressure", "breath_rate", "apnea_count", "leak_rate", "spo2", "mask_on"),
    *("device", "sent_at", "name", "flow_image", "unknown", r"sp\u006f2", "\t"),
)
_GOOD = {
    "room": "101",
    "mrn": '"0042"',
    "time": '"2026-01-10T22:00:00Z"',
    "cpap_pressure": "9.5",
    "breath_rate": "14.2",
    "apnea_count": "1",
    "leak_rate": "12.25",
    "spo2": "95",
    "mask_on": "true",
    "device": '"a"',
    "sent_at": f'"{_TIMES[1]}"',
}


def as_json(pairs: list[tuple[str, str]], space: str) -> bytes:
    """An object of these keys and values as they are."""
    return ("{" + f",{space}".join(f'"{key}":{space}{value}' for key, value in pairs) + "}").encode()


some_readings = st.builds(
    lambda good, more, space: as_json([*((key, _GOOD[key]) for key in good), *more], space),
    st.sets(st.sampled_from(sorted(_GOOD))),
    st.lists(st.tuples(st.sampled_from(_KEYS), st.sampled_from(_VALUES)), max_size=2),
    st.sampled_from(["", " ", "\t"]),
)


@given(some_readings)
def test_what_is_read_quickly_is_what_a_close_look_finds(body: bytes) -> None:
    """The quick way takes no reading that the close look refuses, and makes the same of each that it takes."""
    quick = read_object(body)
    try:
        close = examine_object(body)
    except Problem:
        assert quick is None
    else:
        assert quick in (None, close)


@given(st.lists(some_readings, min_size=1, max_size=4))
def test_a_batch_read_quickly_is_what_a_close_look_finds(bodies: list[bytes]) -> None:
    """So do the quick ways for arrays and lines."""
    for quick in (read_array(b"[" + b",".join(bodies) + b"]", 9), read_lines(b"\n".join(bodies), 9)):
        assert quick is None or quick == [examine_object(body) for body in bodies]


def test_a_whole_reading_is_read_quickly() -> None:
    """The quick way takes what monitors send: it is not merely right by refusing everything."""
    body = as_json(list(_GOOD.items()), " ")
    assert read_object(body) == examine_object(body)
    assert (
        read_lines(body + b"\n" + body, 2) == read_array(b"[" + body + b"," + body + b"]", 2) == [read_object(body)] * 2
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

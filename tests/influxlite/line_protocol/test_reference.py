"""The reference parser reads what InfluxDB reads, and refuses what it refuses in the same words."""

import pytest

from influxlite.line_protocol import Field, LineProtocolError, Point
from influxlite.line_protocol.reference import MAX_TIME, MIN_TIME, parse, split_lines

GOOD = {
    "m v=1 5": Point("m", (), [Field("v", "float", 1.0)], 5),
    "m,b=2,a=1 v=1i 5": Point("m", (("a", "1"), ("b", "2")), [Field("v", "integer", 1)], 5),
    "  m v=1u 5 ": Point("m", (), [Field("v", "unsigned", 1)], 5),
    "m v=t,w=F 5": Point("m", (), [Field("v", "boolean", True), Field("w", "boolean", False)], 5),
    "m v=-.5e-3 5": Point("m", (), [Field("v", "float", -0.0005)], 5),
    "m v=007i 5": Point("m", (), [Field("v", "integer", 7)], 5),
    r"a\ b,c\,d=e\=f g\ h=1 5": Point("a b", (("c,d", "e=f"),), [Field("g h", "float", 1.0)], 5),
    r'm s="a \"b\" \\ \n, c=d" 5': Point("m", (), [Field("s", "string", r'a "b" \ \n, c=d')], 5),
    'm s="two\nlines" 5': Point("m", (), [Field("s", "string", "two\nlines")], 5),
    'm s="" 5': Point("m", (), [Field("s", "string", "")], 5),
    r"m\\,a=b v=1 5": Point("m\\,a=b", (), [Field("v", "float", 1.0)], 5),
    'm,a="b" v=1 5': Point("m", (("a", '"b"'),), [Field("v", "float", 1.0)], 5),
    "m v=1,v=2 5": Point("m", (), [Field("v", "float", 1.0), Field("v", "float", 2.0)], 5),
    f"m v=1 {MIN_TIME}": Point("m", (), [Field("v", "float", 1.0)], MIN_TIME),
    f"m v=1 {MAX_TIME}": Point("m", (), [Field("v", "float", 1.0)], MAX_TIME),
}
BAD = {
    ",a=b v=1": "missing measurement",
    "m": "missing fields",
    "m,a=b": "missing fields",
    "m, v=1": "missing tag key",
    "m,a v=1": "missing tag value",
    "m,a= v=1": "missing tag value",
    "m,a=b=c v=1": "invalid tag format",
    "m,a=1,a=2 v=1": "duplicate tags",
    "m,b=1,a=1,b=2 v=1": "duplicate tags",
    "m,_field=1 v=1": 'cannot use reserved tag key "_field"',
    "m v": "invalid field format",
    "m v=1,w": "invalid field format",
    "m =1": "missing field key",
    "m v=1,=2": "missing field key",
    "m v=": "missing field value",
    "m v=,w=1": "missing field value",
    'm v="a': "unbalanced quotes",
    "m v=x": "invalid boolean",
    "m v=tr": "invalid boolean",
    "m v=1.2.3": "invalid number",
    "m v=1i2": "invalid number",
    "m v=1.5i": "invalid number",
    "m v=-": "invalid number",
    "m v=-1u": "invalid number",
    "m v=nan": "invalid number",
    "m v=1e": "invalid float",
    "m v=1e999": "invalid float",
    "m v=9223372036854775808i": (
        "unable to parse integer 9223372036854775808: strconv.ParseInt: parsing"
        ' "9223372036854775808": value out of range'
    ),
    "m v=18446744073709551616u": (
        "unable to parse unsigned 18446744073709551616: strconv.ParseUint: parsing"
        ' "18446744073709551616": value out of range'
    ),
    "m v=1 5x": "bad timestamp",
    "m v=1 5\r": "bad timestamp",
    "m v=1 -": 'strconv.ParseInt: parsing "-": invalid syntax',
    "m v=1 5 6": "point is invalid",
    "m v=1 9223372036854775807": f"time outside range {MIN_TIME} - {MAX_TIME}",
}


@pytest.mark.parametrize("line", GOOD)
def test_a_good_line_is_read(line: str) -> None:
    """Escapes, kinds and edges of every part."""
    assert parse(line.encode()) == [GOOD[line]]


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_refused(line: str) -> None:
    """The message repeats the line and says what InfluxDB says."""
    with pytest.raises(LineProtocolError) as told:
        parse(line.encode())
    assert str(told.value) == f"unable to parse '{line}': {BAD[line]}"


def test_every_bad_line_is_named() -> None:
    """One sentence a bad line, in order; good ones beside them do not count."""
    with pytest.raises(LineProtocolError) as told:
        parse(b"m v=1 1\nm v= 2\nm v=3 3\nm 4")
    assert str(told.value).split("\n") == [
        "unable to parse 'm v= 2': missing field value",
        "unable to parse 'm 4': invalid field format",
    ]


def test_comments_and_blank_lines_are_skipped() -> None:
    """They are no points and no faults."""
    assert parse(b"# c\n\n \t\n  # d\n") == []


@pytest.mark.parametrize(("precision", "unit"), [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)])
def test_precision(precision: str, unit: int) -> None:
    """A time counts units of the precision; the clock is cut to it."""
    points = parse(b"m v=1 7\nm v=1", precision, now_ns=1_700_000_000_123_456_789)
    assert [p.time for p in points] == [7 * unit, 1_700_000_000_123_456_789 // unit * unit]


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    """They become U+FFFD: the one difference from InfluxDB, which keeps the bytes."""
    assert parse(b'm,a=\xff s="\xfe" 5') == [Point("m", (("a", "\ufffd"),), [Field("s", "string", "\ufffd")], 5)]


def test_a_key_has_a_limit() -> None:
    """Measurement, tags and a field's name together hold at most 65,535 bytes."""
    with pytest.raises(LineProtocolError, match="max key length exceeded: 70002 > 65535"):
        parse(b"m," + b"a" * 35_000 + b"=" + b"b" * 34_999 + b" v=1")


def test_lines_are_split_outside_strings_only() -> None:
    """A line break in quotes of a field belongs to it; quotes elsewhere mean nothing."""
    assert split_lines('m s="a\nb" 1\nm,t=" v=1 2\nm v=3') == ['m s="a\nb" 1', 'm,t=" v=1 2', "m v=3"]

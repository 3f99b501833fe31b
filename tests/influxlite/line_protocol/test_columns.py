"""The fast path answers what the reference parser answers, or nothing."""

import hypothesis.strategies as st
from hypothesis import given, settings

from influxlite.line_protocol import LineProtocolError
from influxlite.line_protocol.columns import FEWEST_LINES, parse_columns
from influxlite.line_protocol.points import Columns
from influxlite.line_protocol.reference import parse

NAMES = st.sampled_from(["a", "b", "spo2", "time", "x y", "ü", "", "_field", '"'])
VALUES = st.sampled_from(
    [
        "1", "1.5", "-0", "1e5", "1e400", ".5", "5.", "-", "+1", "nan", "inf", "1_0", "0x1", "", "1i", "-7i", "i",
        "+1i", "99999999999999999999i", "3u", "-3u", "true", "F", "t", "tru", '"s"', '"a b"', '"a,b"', '"a=b"', '""',
        '"', '"a"b"', "0.1", "123456789012345678901234567890", "1.7976931348623157e308",
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    ["m", "m,r=1", "m,r=1,s=2", "m,s=2,r=1", "m,r=1,r=2", "m,", "#m", "m,time=1", "n,r=ü", '"m"', "m,r="]
)
TIMES = st.sampled_from(["1", "2", "-5", "1768082400", "9223372036854775807", "x", "", "1.5", "+3", "1 2", "07", "--1"])
SPACES = st.sampled_from([" ", " ", " ", " ", "  ", "\t"])
ENDS = st.sampled_from(["\n", "\n", "\n", "\n", "\n\n", "\r\n", "\n#c\n", "\n "])


@st.composite
def lines(draw: st.DrawFn) -> str:
    """A line, mostly good."""
    fields = draw(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=3))
    return (
        draw(KEYS) + draw(SPACES) + ",".join(f"{name}={value}" for name, value in fields) + draw(SPACES) + draw(TIMES)
    )


GOOD_LINES = st.builds(
    lambda key, fields, time: f"{key} {fields} {time}",
    st.sampled_from(["m", "m,r=1", "m,r=1,s=2", "m,s=2,r=1", "n,r=ü"]),
    st.sampled_from(
        ["a=1,b=2i", "a=2.25,b=-3i", "a=4", 'c=true,s="x"', "c=F", 'a=7,b=8i,s="ü=1"', "u=18446744073709551615u"]
    ),
    st.integers(-50, 50).map(str),
)


def values_of(columns: Columns) -> dict:
    """The last value of each series and instant, from columns."""
    found: dict = {}
    for block in columns.blocks:
        for key, time, *values in block.frame.iter_rows():
            measurement, tags = columns.keys[key]
            for (name, kind), value in zip(block.fields, values, strict=True):
                found[measurement, tags, name, time] = kind, value, str(value)
    return found


def check(body: bytes, precision: str) -> bool:
    """Hold one body against the reference parser; whether the fast path took it."""
    columns = parse_columns(body, precision)
    if columns is None:
        return False
    try:
        points = parse(body, precision)
    except LineProtocolError as fault:
        raise AssertionError(f"the reference parser refuses this: {fault}") from fault
    assert columns.lines == len(points)
    assert columns.oldest == min(point.time for point in points)
    assert values_of(columns) == {
        (p.measurement, p.tags, f.name, p.time): (f.kind, f.value, str(f.value)) for p in points for f in p.fields
    }
    return True


@settings(max_examples=400, deadline=None)
@given(base=st.lists(GOOD_LINES, min_size=1, max_size=6), odd=st.lists(lines(), max_size=2), end=ENDS, data=st.data())
def test_it_agrees_on_batches_with_odd_lines(base: list[str], odd: list[str], end: str, data: st.DataObject) -> None:
    """Good lines, with none, one or two odd ones among them, and odd ends of lines."""
    batch = [base[i % len(base)] for i in range(FEWEST_LINES + 3)]
    for line in odd:
        batch.insert(data.draw(st.integers(0, len(batch))), line)
    text = "\n".join(batch[:-1]) + end + batch[-1]
    check(text.encode(), data.draw(st.sampled_from(["ns", "s"])))


@settings(max_examples=150, deadline=None)
@given(
    batch=st.lists(GOOD_LINES, min_size=FEWEST_LINES + 1, max_size=90),
    precision=st.sampled_from(["ns", "us", "ms", "s"]),
)
def test_it_agrees_on_good_batches(batch: list[str], precision: str) -> None:
    """Mixed shapes, tag orders, repeated instants."""
    check("\n".join(batch).encode(), precision)


def test_it_takes_what_monitors_send() -> None:
    """Uniform batches, and a few shapes mixed, go the fast way."""
    reading = 'cpap,mrn={0},room=1 breath_rate=12.5,apnea_count=1i,mask_on=true,flow_image="ab12" {1}'
    assert check("\n".join(reading.format(i % 7, i) for i in range(200)).encode(), "ms")
    short = "cpap,mrn={0},room=1 spo2=95.0 {1}"
    assert check("\n".join((reading if i % 3 else short).format(i % 7, i) for i in range(200)).encode(), "ms")


def test_it_leaves_interleaved_shapes_of_one_instant_alone() -> None:
    """Where lines of different shapes write one instant, their order matters, and the reference parser keeps it."""
    assert not check("\n".join(("m a=1,b=2 1", "m a=3 1")[i % 2] for i in range(100)).encode(), "ns")

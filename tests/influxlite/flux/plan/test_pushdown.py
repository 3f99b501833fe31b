"""Whatever the database does itself, the answer is that of frames: on random points and random pipelines."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.influxlite.conftest import Box
from tests.influxlite.flux.plan.conftest import difference, ways

CASES = json.loads((Path(__file__).parents[2] / "conformance" / "cases.json").read_text())
WARD = (Path(__file__).parents[2] / "conformance" / "ward.lp").read_text()
HOUR = 3_600_000_000_000
DAY = 24 * HOUR
START = 1_768_003_200_000_000_000

LINES = st.lists(
    st.tuples(
        st.sampled_from(["cpap", "bed"]),
        st.sampled_from(["", ",room=101", ",room=102", ",mrn=5001,room=101", ",mrn=5002"]),
        st.sampled_from(
            [
                *(f"x={v}" for v in ("-1.5", "0", "2.25", "3.5", "3.5", "1e300")),
                *(f"n={v}i" for v in (-3, 0, 7, 7, 2**63 - 1)),
                "u=5u",
                "on=true",
                "on=false",
                'mode="A"',
                'mode="B"',
                "x=1,n=2i,on=true",
            ]
        ),
        st.one_of(st.integers(-2, 26).map(lambda h: h * HOUR // 4), st.integers(-HOUR, 7 * HOUR)),
    ),
    max_size=40,
)
FIELDS = st.sampled_from(
    [
        'r._field == "x"',
        'r._field == "n"',
        'r._field == "x" or r._field == "n"',
        'r._measurement == "cpap" and r._field == "x"',
        'r._field == "x" and r._value > 0.0',
        'r._field == "n" and r._value <= 7',
        'r._field == "x" and r.room != "101"',
        'r._field == "x" and r.room !~ /1$/',
        'r._field == "on"',
        'r._field == "mode"',
        'r._field == "x" and exists r.mrn',
        "r.room =~ /10[12]/ and r._field =~ /^[xn]$/",
        f'r._field == "x" and r._time >= {"2026-01-10T01:00:00Z"}',
        "true",
    ]
)
REGROUPS = st.lists(
    st.sampled_from(
        [
            "group()",
            'group(columns: ["room"])',
            'group(columns: ["_field", "_measurement"])',
            'group(columns: ["room", "_start", "_stop", "mrn"])',
            'keep(columns: ["_time", "_value", "room"])',
            'keep(columns: ["_value"])',
            'drop(columns: ["mrn"])',
            'drop(columns: ["_start", "_stop", "room"])',
            'group(columns: ["_time"])',
        ]
    ),
    max_size=2,
)
ENDS = st.sampled_from(
    [
        *("mean()", "sum()", "count()", "min()", "max()", "first()", "last()", "spread()", "stddev()"),
        *(
            'stddev(mode: "population")',
            "median()",
            'median(method: "exact_mean")',
            'quantile(q: 0.3, method: "exact_mean")',
        ),
        *('quantile(q: 0.5, method: "exact_selector")', "distinct()", 'distinct(column: "room")', "unique()"),
        *(
            'unique(column: "room")',
            "limit(n: 2)",
            "limit(n: 1, offset: 1)",
            "limit(n: 0)",
            "tail(n: 2)",
            "tail(n: 1, offset: 2)",
        ),
        *("sort() |> limit(n: 2)", "sort(desc: true) |> limit(n: 3, offset: 1)", "top(n: 2)", "bottom(n: 1)"),
        *(
            'sort(columns: ["room", "_value"], desc: true) |> limit(n: 2)',
            'sort(columns: ["_time"], desc: true) |> limit(n: 1)',
        ),
        *('count(column: "room")', 'last(column: "_time")', 'max(column: "_time")', 'sum(column: "nothing")'),
        'limit(n: 2) |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
    ]
)
WINDOWS = st.builds(
    lambda every, fn, rest: f"aggregateWindow(every: {every}, fn: {fn}{rest})",
    st.sampled_from(["1h", "7m", "45m", "1d", "1mo", "1w", "inf"]),
    st.sampled_from(
        [
            *("mean", "sum", "count", "min", "max", "first", "last", "spread", "stddev", "median", "distinct"),
            *('(tables=<-, column) => tables |> quantile(q: 0.5, method: "exact_mean", column: column)', "mode"),
            *("(tables=<-, column) => tables |> max() |> min()", "(tables=<-, column) => tables |> count()"),
        ]
    ),
    st.sampled_from(
        [
            *("", ", createEmpty: false", ', timeSrc: "_start"', ", offset: 13m", ", offset: -90m, createEmpty: false"),
            *(', location: {zone: "Europe/Berlin", offset: 0s}', ', location: {zone: "America/New_York", offset: 3h}'),
            *(", period: 2h", ', timeDst: "t"', ', timeSrc: "_start", createEmpty: false', ', column: "nothing"'),
        ]
    ),
)
RANGES = st.sampled_from(
    [
        "range(start: 2026-01-10T00:00:00Z, stop: 2026-01-10T06:00:00Z)",
        "range(start: 2025-12-24T00:00:00Z, stop: 2026-01-12T00:00:00Z)",
        "range(start: 2026-01-10T00:10:30.5Z, stop: 2026-01-10T03:15:00Z)",
        "range(start: 2026-01-09T00:00:00Z, stop: 2026-01-20T00:00:00Z)",
        "range(start: 2026-01-10T02:00:00Z, stop: 2026-01-10T02:00:00.000000001Z)",
    ]
)
REST = st.sampled_from(
    ["", " |> group() |> sum()", " |> map(fn: (r) => ({r with k: 1}))", ' |> keep(columns: ["_value"])']
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_recorded(case: dict, ward: Box) -> None:
    """Every recorded query gives the same answer with pushdown on and off."""
    moment = 1_768_300_000_000_000_000
    *pushed, plain = ways(ward, case["query"], now_ns=moment)
    assert [difference(found, plain) for found in pushed] == [None, None]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory):
    """A storage that holds ward.lp."""
    box = Box(tmp_path_factory.mktemp("ward") / "data")
    box.write(WARD)
    yield box
    box.storage.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory):
    """A storage whose bucket each example fills anew."""
    box = Box(tmp_path_factory.mktemp("random") / "data")
    yield box
    box.storage.close()


@settings(
    max_examples=60,
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # what fails is short enough, and making it shorter takes minutes
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(LINES, st.lists(st.tuples(RANGES, FIELDS, REGROUPS, st.one_of(ENDS, WINDOWS), REST), min_size=4, max_size=4))
def test_random(shared: Box, lines: list[tuple], pipelines: list[tuple]) -> None:
    """Random pipelines over random points give the same tables in the same order, or the same error."""
    shared.storage.delete(shared.storage.series(shared.bucket.id), -(2**63), 2**63 - 1)
    for measurement, tags, field, after in lines:
        shared.write(f"{measurement}{tags} {field} {START + after}")
    for bounds, fields, regroups, end, rest in pipelines:
        steps = [f'from(bucket: "telemetry") |> {bounds} |> filter(fn: (r) => {fields})', *regroups, end]
        script = " |> ".join(steps) + rest
        *pushed, plain = ways(shared, script)
        for found in pushed:
            problem = difference(found, plain)
            assert problem is None, f"{script}\n{problem}"


def test_shared_source(both: Callable, box: Box) -> None:
    """A stream that several transformations read gives each the same rows, pushed or not."""
    box.write("".join(f"cpap,room={100 + i % 3} x={i % 7} {START + i * HOUR // 9}\n" for i in range(60)))
    source = 'data = from(bucket: "telemetry") |> range(start: 2026-01-10T00:00:00Z, stop: 2026-01-11T00:00:00Z)\n'
    ends = ("mean()", "group() |> max()", "last()", "aggregateWindow(every: 1h, fn: max)", "sort() |> limit(n: 2)")
    found = both(source + "\n".join(f'data |> {end} |> yield(name: "{i}")' for i, end in enumerate(ends)))
    assert {name for name, *_ in found} == {"0", "1", "2", "3", "4"}


@settings(
    max_examples=30,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(LINES, RANGES, FIELDS, st.lists(st.one_of(ENDS, WINDOWS), min_size=3, max_size=6))
def test_shared_few(shared: Box, lines: list[tuple], bounds: str, fields: str, ends: list[str]) -> None:
    """What several results make of few points, read once, is what the database makes of them for each result."""
    shared.storage.delete(shared.storage.series(shared.bucket.id), -(2**63), 2**63 - 1)
    shared.write("".join(f"{measurement}{tags} {field} {START + after}\n" for measurement, tags, field, after in lines))
    source = f'data = from(bucket: "telemetry") |> {bounds} |> filter(fn: (r) => {fields})\n'
    script = source + "\n".join(f'data |> {end} |> yield(name: "{i}")' for i, end in enumerate(ends))
    *pushed, plain = ways(shared, script)
    for found in pushed:
        problem = difference(found, plain)
        assert problem is None, f"{script}\n{problem}"


def test_last_from_memory(both: Callable, box: Box) -> None:
    """last() answers from memory where it may, and follows overwritten, older, deleted and newer points."""
    script = 'from(bucket: "telemetry") |> range(start: 2026-01-10T00:00:00Z, stop: 2026-01-10T05:00:00Z) |> last()'
    values = []
    for line in ("x=1 0", "x=2 1", "x=3 1", "x=4 0", "x=9 6"):
        field, hour = line.split()
        box.write(f"cpap,room=101 {field} {START + int(hour) * HOUR}")
        values.append(both(script)[0][3][0][1])
    assert values == [1.0, 2.0, 3.0, 3.0, 3.0]
    box.storage.delete(box.storage.series(box.bucket.id), START + HOUR, START + 2 * HOUR)
    assert both(script)[0][3][0][1] == 4.0


@pytest.mark.parametrize(
    "end",
    [
        "limit(n: 2)",
        "tail(n: 2)",
        "limit(n: 1, offset: 1)",
        "sort() |> limit(n: 2)",
        "top(n: 3)",
        "distinct()",
        "unique()",
    ],
)
def test_zero_keeps_its_sign(both: Callable, box: Box, end: str) -> None:
    """-0 is no other value than 0 to what compares them, and is shown as it was written."""
    for hour, value in ((3, "0"), (1, "-0.0"), (2, "0"), (4, "-0.0")):
        box.write(f"cpap,room=101 x={value} {START + hour * HOUR}\ncpap,room=102 x={hour} {START + hour * HOUR}")
        box.reopen()  # so that rows lie in the order in which they came
    source = 'from(bucket: "telemetry") |> range(start: 2026-01-10T00:00:00Z, stop: 2026-01-11T00:00:00Z)'
    both(f"{source} |> {end} |> map(fn: (r) => ({{r with _value: string(v: r._value)}}))")


def test_what_a_bucket_holds_at_the_ends_of_time(both: Callable, box: Box) -> None:
    """The schema package looks through whole shards, of which the first and the last reach beyond 64 bits."""
    first, last = -(2**63) + 2, 2**63 - 2
    box.write(f"cpap,room=101 x=1 {first}\nbed,room=102 x=1 {last}")
    span = f'bucket: "telemetry", start: time(v: {first}), stop: time(v: {last + 1})'
    for question, values in (("measurements(", ["bed", "cpap"]), ('tagValues(tag: "room", ', ["101", "102"])):
        found = both(f'import "influxdata/influxdb/schema"\nschema.{question}{span})')
        assert [value for (value,) in found[0][3]] == values


def test_calendar_windows(both: Callable, box: Box) -> None:
    """Months, and days and hours across a change of clocks, are the same windows in the database as on frames."""
    spring, autumn = "2026-03-20T07:00:00Z", "2026-11-05T00:00:00Z"
    box.write("".join(f"cpap,room={100 + i % 2} x={i % 11} {START + 70 * DAY + i * 11 * HOUR}\n" for i in range(560)))
    for zone in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"):
        for every, rest in (
            *(("1mo", ""), ("3mo", ", createEmpty: false"), ("1y", ""), ("1w", ', timeSrc: "_start", offset: 5h')),
            *(("1d", ""), ("1d", ', timeSrc: "_start", createEmpty: false'), ("6h", ', timeSrc: "_start", offset: 5h')),
        ):
            window = f'aggregateWindow(every: {every}, fn: mean, location: {{zone: "{zone}", offset: 0s}}{rest})'
            found = both(f'from(bucket: "telemetry") |> range(start: {spring}, stop: {autumn}) |> {window}')
            assert len(found) == 2


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [("a=1i,b=1", "integer and float"), ("a=1,b=t,c=1i", "float and boolean"), ("a=1u,b=1i", "unsigned and integer")],
)
def test_kinds_that_do_not_group(both: Callable, box: Box, fields: str, kinds: str) -> None:
    """Series of two kinds in one group are refused by the storage's names of the first two kinds that meet."""
    box.write(f"m,t=x {fields} 1000000000")
    script = 'from(bucket: "telemetry") |> range(start: 0) |> group(columns: ["t"]) |> first()'
    assert f"schema collision: cannot group {kinds} types together" in str(both(script))

"""The points of a bucket as line protocol, asked piece by piece in Flux: influxlite and InfluxDB alike.

How many values there are is asked first, day by day and, where a day has many, minute by minute; so each question is
for about `AIM_VALUES`, and memory is bounded by a question, not by the bucket. Values come back as the very same:
floats in their shortest exact text, times to the nanosecond. What the query API itself cannot tell is a line end within
a text other than LF: CR LF comes back as LF. Bedside writes no such text.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from query import Connection, Tables
from query.literals import text_literal

AIM_VALUES = 100_000
EARLIEST_NS, LATEST_NS = -9_223_372_036 * 10**9, 9_223_372_036 * 10**9
"""The first and the last whole second that InfluxDB can tell."""
DAY_NS, MINUTE_NS = 86_400 * 10**9, 60 * 10**9
ENDING = re.compile("|_[A-Za-z0-9]{1,60}|-pipeline")
OWN = ("table", "_time", "_value", "_field", "_measurement", "_start", "_stop")


@dataclass(frozen=True)
class Store:
    """A bucket: its name, and for how many seconds it keeps points (0: for ever)."""

    name: str
    retention_s: int


@dataclass(frozen=True)
class Lines:
    """Some points as line protocol in nanoseconds: how many points, and how many values they have."""

    text: str
    points: int
    values: int


def belongs(name: str, bucket: str) -> bool:
    """Whether a bucket is that of the readings or one of those beside it: `…_5m`, `…_1h` and the like, `…-pipeline`."""
    return name.startswith(bucket) and bool(ENDING.fullmatch(name.removeprefix(bucket)))


def stores(connection: Connection, bucket: str) -> list[Store]:
    """The bucket of the readings and those beside it, as far as the token sees them."""
    found = connection.ask("buckets()")
    rows = [row for tables in found for row in tables.frame.select("name", "retentionPeriod").iter_rows()]
    return [Store(name, seconds // 10**9) for name, seconds in sorted(rows) if belongs(name, bucket)]


def count(connection: Connection, bucket: str, rest: str = "") -> int:
    """How many values a bucket holds; `rest` may narrow them down, as Flux."""
    flux = f"{between(bucket, EARLIEST_NS, LATEST_NS, rest)} |> count() |> group() |> sum()"
    return sum(value for tables in connection.ask(flux) for value in tables.frame["_value"])


def between(bucket: str, begin: int, end: int, rest: str = "") -> str:
    """A query for what a bucket holds from `begin` to before `end`, ns since 1970; `rest` narrows it down."""
    start, stop = instant(max(begin, EARLIEST_NS)), instant(min(end, LATEST_NS))
    return f"from(bucket: {text_literal(bucket)}) |> range(start: {start}, stop: {stop}) {rest}"


def spans(connection: Connection, bucket: str, rest: str) -> Iterator[tuple[int, int, int]]:
    """Begin, end (ns since 1970) and number of values of stretches to ask for, in order, that hold all of them."""
    for begin, end, values in _packed(histogram(connection, bucket, rest, EARLIEST_NS, LATEST_NS, DAY_NS), DAY_NS):
        if values <= AIM_VALUES:
            yield begin, end, values
        else:
            by_minute = histogram(connection, bucket, rest, begin, end, MINUTE_NS)
            yield from _packed(by_minute, MINUTE_NS)


def read(connection: Connection, bucket: str, rest: str, begin: int, end: int) -> Lines:
    """The points of `[begin, end)`, ns since 1970."""
    return lines(connection.ask(between(bucket, begin, end, rest)))


def each(
    connection: Connection, bucket: str, rest: str = "", tell: Callable[[int], None] = lambda _: None
) -> Iterator[Lines]:
    """All points of a bucket; `tell` is told how many values came with each piece."""
    for begin, end, _ in spans(connection, bucket, rest):
        found = read(connection, bucket, rest, begin, end)
        tell(found.values)
        if found.points:
            yield found


def lines(tables: list[Tables]) -> Lines:
    """The points that an answer of unchanged values holds; fields of one series and instant become one point."""
    parts = [_cells(found.frame) for found in tables if len(found.frame)]
    if not parts:
        return Lines("", 0, 0)
    cells = pl.concat(parts)
    joined = cells.group_by("series", "time", maintain_order=True).agg(pl.col("cell").sort().str.join(","))
    text = joined.select(pl.format("{} {} {}", "series", "cell", "time"))["series"]
    return Lines("\n".join(text), len(joined), len(cells))


def instant(ns: int) -> str:
    """A time literal of Flux, to the nanosecond."""
    seconds, rest = divmod(ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def histogram(
    connection: Connection, bucket: str, rest: str, start: int, stop: int, width_ns: int, fn: str = "count"
) -> list[tuple[int, int]]:
    """How many values begin in each window that has some: (window's begin in ns, number), in order.

    With `fn` "sum" the values themselves are added up.
    """
    flux = (
        f"{between(bucket, start, stop, rest)}"
        f' |> aggregateWindow(every: {width_ns // 10**9}s, fn: {fn}, createEmpty: false, timeSrc: "_start")'
        ' |> group(columns: ["_time"]) |> sum() |> group()'
    )
    sums: dict[int, int] = {}
    for tables in connection.ask(flux):
        for at, number in tables.frame.select(pl.col("_time").cast(pl.Int64()), "_value").iter_rows():
            begin = at // width_ns * width_ns  # the first window begins where the range does
            sums[begin] = sums.get(begin, 0) + number
    return sorted(sums.items())


def _packed(histogram: list[tuple[int, int]], width_ns: int) -> Iterator[tuple[int, int, int]]:
    """Neighbouring windows together, as long as they hold no more than `AIM_VALUES`; a fuller one stays alone."""
    begin = end = values = 0
    for at, number in histogram:
        if values and values + number > AIM_VALUES:
            yield begin, end, values
            values = 0
        if not values:
            begin = at
        end, values = at + width_ns, values + number
    if values:
        yield begin, end, values


def _cells(frame: pl.DataFrame) -> pl.DataFrame:
    """A row for each value: its series (measurement and tags), its time in ns, and `field=value`."""
    tags = sorted(name for name in frame.columns if name not in OWN)
    keys = frame.select("table", "_measurement", "_field", *tags).unique("table")
    named = pl.DataFrame(
        {
            "table": keys["table"],
            "series": [_series(row["_measurement"], {tag: row[tag] for tag in tags}) for row in keys.to_dicts()],
            "field": [_escaped(name, ",= ") for name in keys["_field"]],
        }
    )
    value, kind = pl.col("_value"), frame.schema["_value"]
    if kind == pl.String():
        text = value.fill_null("").str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
        written = pl.format('"{}"', text)
    elif kind == pl.Boolean():
        written = pl.when(value).then(pl.lit("true")).otherwise(pl.lit("false"))
    else:
        mark = {pl.Int64(): "i", pl.UInt64(): "u"}.get(kind, "")
        written = pl.format("{}" + mark, value.cast(pl.String()))
    return frame.join(named, on="table", how="left", maintain_order="left").select(
        "series", pl.col("_time").cast(pl.Int64()).alias("time"), pl.format("{}={}", "field", written).alias("cell")
    )


def _series(measurement: str, tags: dict[str, str | None]) -> str:
    told = [f"{_escaped(tag, ',= ')}={_escaped(value, ',= ')}" for tag, value in tags.items() if value]
    return ",".join([_escaped(measurement, ", "), *told])


def _escaped(text: str, special: str) -> str:
    for character in special:
        text = text.replace(character, f"\\{character}")
    return text

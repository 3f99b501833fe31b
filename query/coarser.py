"""Coarser buckets beside that of the readings, and which part of a question they answer.

`bedside retention` keeps readings for a while and a coarser point of them for longer: `telemetry_5m` holds one for each
five minutes, room and patient, `telemetry_1h` one for each hour (docs/keep.md). A question by window has a second text,
in `questions/coarse/`, that answers from those: the same columns and the same numbers, since a coarser point knows how
many readings it stands for. It is used for whole windows that are multiples of the coarser points' width, and only as
far as these are known to be complete; the ends of the range are answered from the readings, so that a late or a new
reading is never missing. What is older than the readings are kept has only the coarser points.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from query.connection import Connection
from query.errors import QueryError
from query.literals import Unfit, nanoseconds, text_literal, time_literal

SECOND_NS = 10**9
WIDTHS_S = {"_1h": 3_600, "_5m": 300}
"""The endings of the coarser buckets' names and the width of their points, the widest first."""
MARK = "downsampled"
"""The measurement in a coarser bucket whose newest `until` (ns since 1970) says how far it is complete."""
FRESH = timedelta(days=1)
"""A mark that is older says nothing of readings that came late since."""


@dataclass(frozen=True)
class Coarser:
    """A coarser bucket: the width of its points and the instant up to which it has all readings (ns)."""

    bucket: str
    width: int
    until: int


@dataclass(frozen=True)
class Stores:
    """What there is to answer from: coarser buckets, the widest first, and where readings begin (ns; None: nowhere)."""

    coarser: tuple[Coarser, ...] = ()
    kept_from: int | None = None


@dataclass(frozen=True)
class Piece:
    """A part of a range (ns) and the bucket that answers it; `coarse` says that its points are coarser ones."""

    bucket: str
    start: int
    stop: int
    coarse: bool


def look(connection: Connection, bucket: str, now: datetime) -> Stores:
    """What an InfluxDB has beside the bucket of the readings, as far as the token sees; nothing where it cannot say."""
    try:
        kept = {
            name: period
            for tables in connection.ask("buckets()")
            for name, period in tables.frame.select("name", "retentionPeriod").iter_rows()
        }
        there = {bucket + ending: width for ending, width in WIDTHS_S.items() if bucket + ending in kept}
        found = []
        for name, width in there.items():
            since = time_literal(now - FRESH)
            flux = (
                f"from(bucket: {text_literal(name)}) |> range(start: {since}) "
                f'|> filter(fn: (r) => r._measurement == "{MARK}" and r._field == "until") |> last()'
            )
            marks = [value for tables in connection.ask(flux) for value in tables.frame["_value"]]
            found.append(Coarser(name, width * SECOND_NS, max(marks, default=0)))
    except QueryError:
        return Stores()
    period = kept.get(bucket) or 0
    return Stores(tuple(found), _ns(now) - period if period else None)


def pieces(stores: Stores, bucket: str, start: int, stop: int, every: int) -> list[Piece]:
    """Who answers which part of `[start, stop)` in windows of that width (all ns), in order of time.

    A window that lies wholly within the range is never cut, so that it has one row.
    """
    kept_from = stores.kept_from if stores.kept_from is not None else start
    best = max(
        (_whole(coarser, start, stop, every, kept_from) for coarser in stores.coarser if every % coarser.width == 0),
        key=lambda piece: piece.stop - piece.start,
        default=None,
    )
    if best is None or best.start >= best.stop:
        return [Piece(bucket, start, stop, coarse=False)]
    ends = [Piece(bucket, start, best.start, coarse=False), best, Piece(bucket, best.stop, stop, coarse=False)]
    return [piece for piece in ends if piece.start < piece.stop and (piece.coarse or piece.stop > kept_from)]


def _whole(coarser: Coarser, start: int, stop: int, every: int, kept_from: int) -> Piece:
    """The whole windows that a coarser bucket can answer; where readings are gone, whole points are enough."""
    gone = start < kept_from
    first = _up(start, coarser.width if gone else every)
    until = max(coarser.until, _up(kept_from, every)) if gone else coarser.until
    return Piece(coarser.bucket, first, min(stop, until) // every * every, coarse=True)


def may_answer(every: int) -> bool:
    """Whether coarser points of any width make up windows of that width (ns)."""
    return any(every % (width * SECOND_NS) == 0 for width in WIDTHS_S.values())


def bounds(values: Mapping[str, Any]) -> tuple[int, int, int] | None:
    """Start, stop and width (ns) of a question's checked values; None where its windows have no fixed width."""
    try:
        every = nanoseconds(str(values["every"]))
    except (Unfit, KeyError):
        return None
    start, stop = values.get("start"), values.get("stop")
    if not isinstance(start, datetime) or not isinstance(stop, datetime) or every <= 0:
        return None
    return _ns(start), _ns(stop), every


def instant(ns: int) -> datetime:
    """An instant as Python has it, to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1_000)


def _ns(value: datetime) -> int:
    since = value.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND_NS + since.microseconds * 1_000


def _up(value: int, width: int) -> int:
    return -(-value // width) * width

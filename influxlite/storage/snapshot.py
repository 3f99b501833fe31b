"""One consistent view of the data for one query in one thread.

How "the last write wins" is resolved: most series hold each instant once, and a reader of those needs no grouping at
all. The index says for which series and which span of time that is not so (`SeriesIndex.doubtful`). A view takes that
mapping together with its transaction: the mapping is marked before the commit that needs it, and a compaction replaces
it (never shrinks it) after its own commit, so the mapping found before and after the transaction's start is right for
it when it is the same one; where it is not, the view starts again.
"""

import itertools
from collections.abc import Callable, Sequence
from types import TracebackType

import duckdb
import polars
import pyarrow

from influxlite.storage.errors import ClosedError
from influxlite.storage.index import SeriesIndex, Span
from influxlite.storage.series import KINDS
from influxlite.storage.tables import INSTANT, MILLISECOND, SQL_TYPES, among, at_or_after, before, ranges

INLINE = 400  # ranges of ids that a statement holds as text; more go into a table of the view's own
MIN_NS, MAX_NS = -(2**63), 2**63 - 1
COLUMNS = f"series, {INSTANT} AS time, value, ms"
BARE_COLUMNS = "series, ms, ns, value"


def within(start_ns: int, stop_ns: int) -> list[str]:
    """The SQL conditions that a row's time is in [start, stop); none for an end beyond all times."""
    found = [at_or_after(start_ns)] if start_ns > MIN_NS else []
    return [*found, before(stop_ns)] if stop_ns <= MAX_NS else found


class Snapshot:
    """A read view: `with storage.snapshot() as view: view.execute(f"SELECT … FROM ({view.points_sql(…)})")`."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        index: SeriesIndex,
        closed: Callable[[], None],
        kept_back: dict[str, polars.DataFrame] | None = None,
    ) -> None:
        """Start the view on a connection of its own; rows that could not be stored are part of it, by kind.

        `closed` is called when it has ended.
        """
        self._connection = connection
        self._index = index
        self._on_close = closed
        self._doubtful: dict[str, dict[int, Span]] = {}
        self._numbers = itertools.count()
        self._closed = False
        self._tables = {kind: f"p_{kind}" for kind in KINDS}
        self._begin()
        for kind, rows in (kept_back or {}).items():
            connection.register(f"kept_{kind}", rows.to_arrow())
            self._tables[kind] = f"(SELECT * FROM p_{kind} UNION ALL SELECT * FROM kept_{kind})"  # noqa: S608

    def _begin(self) -> None:
        """Open the transaction and take the doubtful spans that belong to it."""
        while True:
            self._doubtful = self._index.doubtful
            self._connection.begin()
            if self._doubtful is self._index.doubtful:
                return
            self._connection.rollback()

    def __enter__(self) -> "Snapshot":
        """The view itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, tb: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """End the view; a second time does nothing."""
        if not self._closed:
            self._closed = True
            try:
                self._connection.close()
            finally:
                self._on_close()

    def points_sql(
        self, kind: str, series_ids: Sequence[int], start_ns: int, stop_ns: int, *, time: bool = True
    ) -> str:
        """The text of a sub-query with each point of these series in [start, stop) exactly once, in no order.

        Columns: series UINTEGER, time BIGINT (ns since 1970), value of the kind's type, ms BIGINT (the time's whole
        milliseconds, which cost less to read). Without `time` the nanoseconds beyond them, ns INTEGER, are in its
        place: working it out takes DuckDB a tenth of a small query, also where nothing asks for it. The text holds for
        this view.
        """
        columns = COLUMNS if time else BARE_COLUMNS
        table = self._tables[kind]
        ids = sorted(set(series_ids))
        if not ids or start_ns >= stop_ns:
            when = "0::BIGINT AS time" if time else "0::INTEGER AS ns"
            nothing = f"0::UINTEGER AS series, {when}, NULL::{SQL_TYPES[kind]} AS value, 0::BIGINT AS ms"
            return f"SELECT {nothing} WHERE false"
        doubtful, first, after = self._doubts(kind, ids, start_ns, stop_ns)
        if not doubtful:
            condition = " AND ".join([self._of(ids), *within(start_ns, stop_ns)])
            return f"SELECT {columns} FROM {table} WHERE {condition}"  # noqa: S608
        parts = [f"SELECT {columns} FROM ({self._resolved(table, doubtful, first, after)})"]  # noqa: S608
        unsure = set(doubtful)
        plain = [
            ([i for i in ids if i not in unsure], start_ns, stop_ns),
            (doubtful, start_ns, first),
            (doubtful, after, stop_ns),
        ]
        parts += [
            f"SELECT {columns} FROM {table} WHERE {' AND '.join([self._of(some), *within(begin, end)])}"  # noqa: S608
            for some, begin, end in plain
            if some and begin < end
        ]
        return " UNION ALL ".join(parts)

    def _doubts(self, kind: str, ids: list[int], start_ns: int, stop_ns: int) -> tuple[list[int], int, int]:
        """The series that may hold an instant of [start, stop) twice, and the part of it, [first, after), where so."""
        spans = dict(self._index.doubts(self._doubtful[kind], ids, start_ns, stop_ns))
        if not spans:
            return [], start_ns, start_ns
        first = min(first for first, _ in spans.values()) // MILLISECOND * MILLISECOND
        last = max(last for _, last in spans.values())
        newest = self._index.newest
        # Nearly always it is the newest points that are doubted: one part less to plan.
        ends = all(i in newest and newest[i][0] <= last for i in spans)
        after = stop_ns if ends else -(-(last + 1) // MILLISECOND) * MILLISECOND
        return sorted(spans), max(first, start_ns), min(after, stop_ns)

    def _resolved(self, table: str, ids: list[int], start_ns: int, stop_ns: int) -> str:
        """The points of series in a span where an instant may be there more than once: the last write of each."""
        condition = " AND ".join([self._of(ids), *within(start_ns, stop_ns)])
        return (
            f"SELECT series, ms, ns, arg_max(value, seq) AS value FROM {table} WHERE {condition}"  # noqa: S608
            " GROUP BY series, ms, ns"
        )

    def _of(self, ids: list[int]) -> str:
        """The condition that a row belongs to one of these series."""
        bounds = f"series BETWEEN {ids[0]} AND {ids[-1]}"  # what zone maps serve
        if len(ids) == ids[-1] - ids[0] + 1:
            return bounds
        if len(ids) <= INLINE or len(ranges(ids)) <= INLINE:
            return f"{bounds} AND {among(ids)}"
        name = f"series_{next(self._numbers)}"
        frame = polars.DataFrame({"id": polars.Series(ids, dtype=polars.UInt32)})
        self._connection.register(name, frame.to_arrow())
        return f"{bounds} AND series IN (SELECT id FROM {name})"  # noqa: S608

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """Run a SELECT; the answer has `.fetchall()`, `.pl()`, `.to_arrow_table()`.

        Raises duckdb.InterruptException when interrupted.
        """
        if self._closed:
            raise ClosedError("the view is closed")
        return self._connection.execute(sql, list(parameters) or None)

    def stream(self, sql: str, parameters: Sequence[object], rows: int) -> pyarrow.RecordBatchReader:
        """Run a SELECT whose answer may be long; batches of about so many rows. Raises as `execute` does."""
        if self._closed:
            raise ClosedError("the view is closed")
        return self._connection.sql(sql, params=list(parameters) or None).to_arrow_reader(rows)

    def register(self, name: str, frame: polars.DataFrame) -> None:
        """Make a frame readable as a table of that name within this view."""
        self._connection.register(name, frame.to_arrow())

    def interrupt(self) -> None:
        """Stop what runs in this view, from any thread."""
        if not self._closed:
            self._connection.interrupt()

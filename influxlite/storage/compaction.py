"""Compaction: rows as they came become rows in order, each instant once.

Rows are appended with the number of their commit. Settling takes all rows of a kind that have one, keeps the last of
each instant, removes what they supersede among the older rows, and appends them sorted by (day, series, time) with
number 0: a *run*. Within a run a series' day is contiguous, so DuckDB's zone maps find it, and times and values pack
well. A day that collects many runs is merged into one. A reader sees either all of a compaction or nothing of it.

The cost of settling is that of the new rows; a day is merged when its runs have multiplied, so that each row is
rewritten a few times at most, whatever is stored already.
"""

from dataclasses import dataclass

import duckdb

from influxlite.storage.index import SeriesIndex
from influxlite.storage.tables import DAY_MS

RUNS_TO_MERGE = 6
MERGE_ROWS = 6_000_000  # a day larger than this stays in runs: each is large enough to be found by zone maps
ORDER = f"ms // {DAY_MS}, series, ms, ns"


@dataclass(frozen=True, slots=True)
class Settled:
    """What one settling did."""

    rows: int
    days: tuple[int, ...]


def settle(connection: duckdb.DuckDBPyConnection, index: SeriesIndex, kind: str) -> Settled:
    """Turn the new rows of a kind into a run, in the open transaction."""
    table = f"p_{kind}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE settling AS SELECT series, ms, ns, arg_max(value, seq) AS value"  # noqa: S608
        f" FROM {table} WHERE seq > 0 GROUP BY series, ms, ns"
    )
    found = connection.execute("SELECT count(*), min(ms), max(ms) FROM settling").fetchone()
    if found is None or not found[0]:
        return Settled(0, ())
    rows, first, last = found
    if index.doubtful[kind]:
        connection.execute(
            f"DELETE FROM {table} WHERE seq = 0 AND ms BETWEEN {first} AND {last}"  # noqa: S608
            " AND (series, ms, ns) IN (SELECT (series, ms, ns) FROM settling)"
        )
    connection.execute(f"DELETE FROM {table} WHERE seq > 0")  # noqa: S608
    connection.execute(
        f"INSERT INTO {table} SELECT series, ms, ns, 0, value FROM settling ORDER BY {ORDER}"  # noqa: S608
    )
    days = connection.execute(f"SELECT DISTINCT ms // {DAY_MS} FROM settling").fetchall()  # noqa: S608
    connection.execute("DROP TABLE settling")
    return Settled(rows, tuple(day for (day,) in days))


def merge_day(connection: duckdb.DuckDBPyConnection, kind: str, day: int) -> int:
    """Rewrite one day of a kind as one run, in the open transaction; the number of rows, 0 when it is too large."""
    table = f"p_{kind}"
    condition = f"seq = 0 AND ms >= {day * DAY_MS} AND ms < {(day + 1) * DAY_MS}"
    counted = connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()  # noqa: S608
    if counted is None or not 0 < counted[0] <= MERGE_ROWS:
        return 0
    connection.execute(f"CREATE OR REPLACE TEMP TABLE merging AS SELECT * FROM {table} WHERE {condition}")  # noqa: S608
    connection.execute(f"DELETE FROM {table} WHERE {condition}")  # noqa: S608
    connection.execute(f"INSERT INTO {table} SELECT * FROM merging ORDER BY {ORDER}")  # noqa: S608
    connection.execute("DROP TABLE merging")
    return counted[0]

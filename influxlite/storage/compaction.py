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

from influxlite.storage.tables import DAY_MS

RUNS_TO_MERGE = 6
MERGE_ROWS = 6_000_000  # a day larger than this stays in runs: each is large enough to be found by zone maps
ORDER = f"ms // {DAY_MS}, series, ms, ns"


@dataclass(frozen=True, slots=True)
class Settled:
    """What one settling did."""

    rows: int
    days: tuple[int, ...]


def settle(connection: duckdb.DuckDBPyConnection, kind: str, *, doubtful: bool) -> Settled:
    """Turn the new rows of a kind into a run, in the open transaction.

    `doubtful` says whether an instant of a series may be there more than once.
    """
    table = f"p_{kind}"
    rows, first, last = connection.execute(
        f"SELECT count(*), min(ms), max(ms) FROM {table} WHERE seq > 0"  # noqa: S608
    ).fetchall()[0]
    if not rows:
        return Settled(0, ())
    days = connection.execute(f"SELECT DISTINCT ms // {DAY_MS} FROM {table} WHERE seq > 0").fetchall()  # noqa: S608
    if doubtful:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE settling AS SELECT series, ms, ns, 0 AS seq, arg_max(value, seq) AS value"  # noqa: S608
            f" FROM {table} WHERE seq > 0 GROUP BY series, ms, ns"
        )
        connection.execute(
            f"DELETE FROM {table} WHERE seq = 0 AND ms BETWEEN {first} AND {last}"  # noqa: S608
            " AND (series, ms, ns) IN (SELECT (series, ms, ns) FROM settling)"
        )
        connection.execute(f"INSERT INTO {table} SELECT * FROM settling ORDER BY {ORDER}")  # noqa: S608
        connection.execute("DROP TABLE settling")
    else:
        connection.execute(
            f"INSERT INTO {table} SELECT series, ms, ns, 0, value FROM {table} WHERE seq > 0 ORDER BY {ORDER}"  # noqa: S608
        )
    connection.execute(f"DELETE FROM {table} WHERE seq > 0")  # noqa: S608
    return Settled(rows, tuple(day for (day,) in days))


def merge_day(connection: duckdb.DuckDBPyConnection, kind: str, day: int) -> int:
    """Rewrite one day of a kind as one run, in the open transaction; the number of rows, 0 when it is too large."""
    table = f"p_{kind}"
    condition = f"seq = 0 AND ms >= {day * DAY_MS} AND ms < {(day + 1) * DAY_MS}"
    counted = connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchall()[0][0]  # noqa: S608
    if not 0 < counted <= MERGE_ROWS:
        return 0
    connection.execute(f"CREATE OR REPLACE TEMP TABLE merging AS SELECT * FROM {table} WHERE {condition}")  # noqa: S608
    connection.execute(f"DELETE FROM {table} WHERE {condition}")  # noqa: S608
    connection.execute(f"INSERT INTO {table} SELECT * FROM merging ORDER BY {ORDER}")  # noqa: S608
    connection.execute("DROP TABLE merging")
    return counted

"""Deleting points: by series and time, for the delete API, for buckets that go, and for retention.

What a delete leaves of a series is looked up in the same transaction, so that the index stays exact: a series without
points is forgotten, and the newest point of any other is known.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb

from influxlite.storage.index import SeriesIndex
from influxlite.storage.series import Series
from influxlite.storage.tables import INSTANT, among, at_or_after, before

CHUNK = 2000  # series in one statement


@dataclass(slots=True)
class Deletion:
    """What a delete changed, for the index after the commit: series without points, and the newest points of others.

    `rows` is how many rows are gone.
    """

    rows: int = 0
    gone: list[int] = field(default_factory=list)
    newest: dict[int, tuple[int, object]] = field(default_factory=dict)

    def settle(self, index: SeriesIndex) -> None:
        """After the commit: make the index say what the tables hold."""
        index.newest.update(self.newest)
        index.remove(self.gone)


def delete_points(
    connection: duckdb.DuckDBPyConnection, series: Iterable[Series], start_ns: int, stop_ns: int
) -> Deletion:
    """Delete the points of these series in [start, stop), in the open transaction."""
    deletion = Deletion()
    by_kind: dict[str, list[int]] = {}
    for one in series:
        by_kind.setdefault(one.kind, []).append(one.id)
    for kind, ids in by_kind.items():
        ids.sort()
        for start in range(0, len(ids), CHUNK):
            _delete(connection, deletion, kind, ids[start : start + CHUNK], (start_ns, stop_ns))
    for start in range(0, len(deletion.gone), CHUNK):
        gone = ", ".join(map(str, deletion.gone[start : start + CHUNK]))
        connection.execute(f"DELETE FROM series WHERE id IN ({gone})")  # noqa: S608
    return deletion


def _delete(
    connection: duckdb.DuckDBPyConnection, deletion: Deletion, kind: str, ids: list[int], span: tuple[int, int]
) -> None:
    """Delete from the table of one kind and note what is left."""
    condition = f"series BETWEEN {ids[0]} AND {ids[-1]} AND {among(ids)}"
    in_span = f"{at_or_after(span[0])} AND {before(span[1])}"
    deleted = connection.execute(f"DELETE FROM p_{kind} WHERE {condition} AND {in_span}").fetchall()  # noqa: S608
    if not deleted[0][0]:
        return
    deletion.rows += deleted[0][0]
    left = connection.execute(
        f"SELECT series, max({INSTANT}), arg_max(value, (ms, ns, seq)) FROM p_{kind}"  # noqa: S608
        f" WHERE {condition} GROUP BY series"
    ).fetchall()
    deletion.newest.update({series_id: (time, value) for series_id, time, value in left})
    deletion.gone.extend(set(ids) - {row[0] for row in left})

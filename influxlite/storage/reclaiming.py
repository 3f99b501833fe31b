"""Giving room back: DuckDB's file ends with the last block that is used, however many before it are free.

Compaction writes rows anew before the room of the old ones is free, so that a file may be twice as long as what it
holds. What lies at its end is written once more, into free blocks before it; a checkpoint then cuts the file off. A
`Part` is so little of it that it costs no more than merging a day does.
"""

from dataclasses import dataclass

import duckdb

from influxlite.storage.compaction import merge_day
from influxlite.storage.series import KINDS
from influxlite.storage.tables import DAY_MS

LEAST_BLOCKS = 32  # free blocks, of 256 KB each, that are worth a rewrite
LEAST_SHARE = 0.1  # of the blocks that are used
MOST_DAYS = 31  # a row group of more days is left where it is: each of them would have to be written


@dataclass(frozen=True, slots=True)
class Part:
    """What is written anew at once: the points of a kind and a day, or a table of anything else (`day` is None)."""

    table: str
    day: int | None = None

    def rewrite(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Write it anew, in the open transaction."""
        if self.day is not None:
            merge_day(connection, self.table.removeprefix("p_"), self.day)
            return
        connection.execute(f"CREATE OR REPLACE TEMP TABLE moving AS SELECT * FROM {self.table}")  # noqa: S608
        connection.execute(f"DELETE FROM {self.table}")  # noqa: S608
        connection.execute(f"INSERT INTO {self.table} SELECT * FROM moving")  # noqa: S608
        connection.execute("DROP TABLE moving")


def parts_at_the_end(connection: duckdb.DuckDBPyConnection) -> list[Part]:
    """What lies behind the place where the file would end if none of its blocks were free, the last first.

    Nothing where that is not worth it.
    """
    found = connection.execute("SELECT used_blocks, free_blocks FROM pragma_database_size()").fetchone()
    used, free = found or (0, 0)
    if free < max(LEAST_BLOCKS, LEAST_SHARE * used):
        return []
    ends: dict[Part, int] = {}
    for kind in KINDS:
        for block, first, last in connection.execute(_ROW_GROUPS.format(table=f"p_{kind}"), [used]).fetchall():
            for day in range(first, last + 1) if last - first < MOST_DAYS else ():
                part = Part(f"p_{kind}", day)
                ends[part] = max(block, ends.get(part, 0))
    tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
    for table in sorted({name for (name,) in tables} - {f"p_{kind}" for kind in KINDS}):
        found = connection.execute(f"SELECT max(block_id) FROM pragma_storage_info('{table}')").fetchone()  # noqa: S608
        if found is not None and found[0] is not None and found[0] >= used:
            ends[Part(table)] = found[0]
    return sorted(ends, key=lambda part: -ends[part])


_ROW_GROUPS = f"""
SELECT block, first_ms // {DAY_MS}, last_ms // {DAY_MS} FROM (
    SELECT max(greatest(block_id, list_max(additional_block_ids))) AS block,
        min(TRY_CAST(stats.min AS BIGINT)) FILTER (column_name = 'ms' AND segment_type = 'BIGINT') AS first_ms,
        max(TRY_CAST(stats.max AS BIGINT)) FILTER (column_name = 'ms' AND segment_type = 'BIGINT') AS last_ms
    FROM pragma_storage_info('{{table}}') GROUP BY row_group_id
) WHERE block >= ? AND first_ms IS NOT NULL AND last_ms IS NOT NULL
"""  # noqa: S608
"""The last block of each row group that reaches behind a block, and the days of its rows, where DuckDB knows them."""

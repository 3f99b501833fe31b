"""The DuckDB file: how it is opened, which tables it holds, and how a kind of value is stored.

One narrow table a kind of value, `p_float`, `p_integer` …, without keys or indexes:

    series  UINTEGER   the series' id
    ms, ns  BIGINT, INTEGER   the time: whole milliseconds since 1970 (floor) and the nanoseconds beyond, so that times
                       in milliseconds pack into few bits and the rest compresses to nothing
    seq     BIGINT     0 once compacted; before that the number of the write, and the higher one wins
    value   the kind's own type

`meta` holds the file's format (1 had no log beside it), the id of the next series, and the number of the last write of
the log that the tables hold.
"""

from pathlib import Path

import duckdb

from influxlite.storage.errors import FolderError
from influxlite.storage.series import KINDS

FILE = "influxlite.duckdb"
FORMAT = 2
SQL_TYPES = {"float": "DOUBLE", "integer": "BIGINT", "unsigned": "UBIGINT", "boolean": "BOOLEAN", "string": "VARCHAR"}
MILLISECOND = 1_000_000
INSTANT = f"(ms * {MILLISECOND // 2} + ns) + ms * {MILLISECOND // 2}"
"""A row's time in SQL, in nanoseconds; by halves, as the first millisecond of 64 bits begins before they do."""
DAY_MS = 86_400_000
CHECKPOINT_MB = 32  # DuckDB writes its log into the file when the log is larger

TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (name VARCHAR, value BIGINT)",
    (
        "CREATE TABLE IF NOT EXISTS series"
        " (id UINTEGER, bucket_id VARCHAR, measurement VARCHAR, tags VARCHAR, field VARCHAR, kind VARCHAR)"
    ),
    "CREATE TABLE IF NOT EXISTS records (kind VARCHAR, id VARCHAR, body VARCHAR)",
    *(
        f"CREATE TABLE IF NOT EXISTS p_{kind}"
        f" (series UINTEGER NOT NULL, ms BIGINT NOT NULL, ns INTEGER NOT NULL, seq BIGINT NOT NULL,"
        f" value {SQL_TYPES[kind]} NOT NULL)"
        for kind in KINDS
    ),
)


def connect(folder: Path, *, memory_limit_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """Open or make the file in that folder, with bounded memory and threads, and no way to load an extension or to
    reach another file.

    Raises FolderError with a sentence when the file cannot be opened.
    """
    spill = folder / "spill"
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_limit_mb}MB",
        "threads": threads,
        "temp_directory": str(spill),
        "max_temp_directory_size": f"{4 * memory_limit_mb}MB",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "checkpoint_threshold": f"{CHECKPOINT_MB}MB",
        "immediate_transaction_mode": True,  # a view is of the moment of its BEGIN, not of its first statement
    }
    try:
        connection = duckdb.connect(str(folder / FILE), config=config)
    except (duckdb.Error, OSError) as fault:
        reason = str(fault).splitlines()[0]
        raise FolderError(f"cannot open the data in {folder}: {reason}") from fault
    _lock(connection)
    return connection


def _lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep SQL to this file, its log and the spill folder for good, whatever the SQL is.

    DuckDB allows what is open when the setting is made, so that it cannot be in the configuration before. Where the
    file was still open in this process, it is locked already.
    """
    if connection.execute("SELECT current_setting('lock_configuration')").fetchone() == (False,):
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables where they are missing, and bring those of an older version of the program up to date.

    FolderError when a newer version made the file.
    """
    connection.execute("BEGIN")
    for statement in TABLES:
        connection.execute(statement)
    found = connection.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()
    if found is None:
        connection.execute("INSERT INTO meta VALUES ('format', ?), ('next_series', 1), ('log', 0)", [FORMAT])
    elif found[0] == 1:
        connection.execute("INSERT INTO meta VALUES ('log', 0)")
        remember(connection, "format", FORMAT)
    connection.execute("COMMIT")
    if found is not None and found[0] > FORMAT:
        raise FolderError(f"the data was written in format {found[0]}, this program reads format {FORMAT}; update it")


def remember(connection: duckdb.DuckDBPyConnection, name: str, value: int) -> None:
    """Set a value of `meta` in the open transaction.

    Not by UPDATE: DuckDB takes no checkpoint at the end of a transaction that updated anything while others are open,
    and where dashboards ask all the time one always is. Its log would grow without end, and what it holds is kept in
    memory. After a deletion it takes one, only without giving the deleted rows' room back yet.
    """
    connection.execute("DELETE FROM meta WHERE name = ?", [name])
    connection.execute("INSERT INTO meta VALUES (?, ?)", [name, value])


def at_or_after(ns: int) -> str:
    """The SQL condition that a row's time is at or after `ns`; the first part alone is what zone maps serve."""
    ms, rest = divmod(ns, MILLISECOND)
    return f"ms >= {ms}" if rest == 0 else f"ms >= {ms} AND (ms > {ms} OR ns >= {rest})"


def before(ns: int) -> str:
    """The SQL condition that a row's time is before `ns`."""
    ms, rest = divmod(ns, MILLISECOND)
    return f"ms < {ms}" if rest == 0 else f"ms <= {ms} AND (ms < {ms} OR ns < {rest})"


def ranges(series_ids: list[int]) -> list[tuple[int, int]]:
    """Sorted ids as ranges, both ends inclusive."""
    found: list[tuple[int, int]] = []
    for one in series_ids:
        if found and one == found[-1][1] + 1:
            found[-1] = found[-1][0], one
        else:
            found.append((one, one))
    return found


def among(series_ids: list[int]) -> str:
    """The SQL condition that a row's series is one of these ids (sorted), in few words: runs become ranges.

    Zone maps serve ranges joined by OR, and not a list, even of few ids: DuckDB then reads all between them.
    """
    found = ranges(series_ids)
    if not found:
        return "false"
    few = len(found) <= MOST_RANGES
    parts = [f"series BETWEEN {first} AND {last}" for first, last in found if few or last > first]
    single = [str(first) for first, last in found if first == last and not few]
    if single:
        parts.append(f"series IN ({', '.join(single)})")
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


MOST_RANGES = 100
"""For more a list costs less than it wastes."""

"""Rows in the order of time, however many: put in order in a database of their own, which goes when they are told."""

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from query.files.sources import Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sorter:
    """Takes rows with their instants and gives them back by time; a context, whose end removes the file.

    The file lies in a folder of the owner's alone, below the machine's folder for temporary files (TMPDIR).
    """

    def __enter__(self) -> "Sorter":
        self._folder = tempfile.TemporaryDirectory(prefix="bedside-import-")
        self._rows = sqlite3.connect(Path(self._folder.name) / "rows.db")
        # Nothing of it is needed after a crash; the next run begins anew.
        self._rows.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
            "CREATE TABLE rows (at_us INTEGER, number INTEGER PRIMARY KEY, place TEXT, reading TEXT, faults TEXT);"
        )
        return self

    def __exit__(self, *told: object) -> None:
        self._rows.close()
        self._folder.cleanup()

    def add(self, rows: Iterable[tuple[datetime | None, Row]]) -> None:
        """Take rows, each with its instant; None is before every instant."""
        self._rows.executemany(
            "INSERT INTO rows (at_us, place, reading, faults) VALUES (?, ?, ?, ?)",
            (
                (
                    None if instant is None else (instant - EPOCH) // timedelta(microseconds=1),
                    row.place,
                    # What JSON has no form for, such as a blob, goes on as text, which the API refuses.
                    json.dumps(row.reading, default=str),
                    json.dumps(row.faults),
                )
                for instant, row in rows
            ),
        )

    def rows(self) -> Iterator[Row]:
        """All of them by time; at one instant in the order in which they came."""
        self._rows.execute("CREATE INDEX by_time ON rows (at_us, number)")
        found = self._rows.execute("SELECT place, reading, faults FROM rows INDEXED BY by_time ORDER BY at_us, number")
        for place, reading, faults in found:
            yield Row(place, json.loads(reading), json.loads(faults))

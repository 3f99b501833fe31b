"""Records of tasks and waiting runs in the storage's own file: in memory, and one row of JSON each on disk."""

import json
import threading
from collections.abc import Iterable
from typing import Any

import duckdb

from influxlite.storage import Storage
from influxlite.storage.flusher import Task as Work


class Documents:
    """A table of JSON documents by id. What a call has changed is on disk when it returns."""

    def __init__(self, storage: Storage, table: str) -> None:
        """Make the table where it is missing, and read it. `table` is a plain SQL name."""
        self._storage, self._table = storage, table
        self._lock = threading.Lock()
        made = f"CREATE TABLE IF NOT EXISTS {table} (id VARCHAR, body VARCHAR)"
        read = f"SELECT id, body FROM {table}"  # noqa: S608 - a name of ours
        rows: list[tuple[str, str]] = []
        storage.run_task(Work(lambda connection: rows.extend(connection.execute(made).execute(read).fetchall())))
        self._held: dict[str, dict[str, Any]] = {key: json.loads(body) for key, body in rows}

    def all(self) -> list[dict[str, Any]]:
        """Every document, by id."""
        with self._lock:
            return [body for _, body in sorted(self._held.items())]

    def get(self, key: str) -> dict[str, Any] | None:
        """One document."""
        with self._lock:
            return self._held.get(key)

    def change(self, put: dict[str, dict[str, Any]], drop: Iterable[str] = ()) -> None:
        """Store documents and delete others, all or nothing. StorageError where the disk refuses."""
        change_together(self._storage, {self: (put, tuple(drop))})

    def statements(self, connection: duckdb.DuckDBPyConnection, put: dict[str, dict], drop: tuple[str, ...]) -> None:
        """Write a change through an open transaction."""
        gone = [[key] for key in (*drop, *put)]
        if gone:
            connection.executemany(f"DELETE FROM {self._table} WHERE id = ?", gone)  # noqa: S608
        if put:
            rows = [[key, json.dumps(body)] for key, body in put.items()]
            connection.executemany(f"INSERT INTO {self._table} VALUES (?, ?)", rows)  # noqa: S608

    def settle(self, put: dict[str, dict], drop: tuple[str, ...]) -> None:
        """After the commit: what was written is what readers see."""
        with self._lock:
            for key in drop:
                self._held.pop(key, None)
            self._held.update(put)


Change = tuple[dict[str, dict[str, Any]], tuple[str, ...]]


def change_together(storage: Storage, changes: dict[Documents, Change]) -> None:
    """Change several tables in one transaction: for each what to store and what to delete."""

    def run(connection: duckdb.DuckDBPyConnection) -> None:
        for documents, (put, drop) in changes.items():
            documents.statements(connection, put, drop)

    def after() -> None:
        for documents, (put, drop) in changes.items():
            documents.settle(put, drop)

    storage.run_task(Work(run, after))

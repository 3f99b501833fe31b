"""Writes many rows by few statements.

Python's `sqlite3` gives its interpreter's lock away at each step of a statement, and `executemany` steps once a row:
beside a busy event loop, getting the lock back costs far more than the row. One statement of many rows is one step.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

_SIZES = (256, 32, 4, 1)  # rows in one statement; few, so that the driver keeps each of them prepared


class Upsert:
    """An INSERT into a table; where `key` is there already, the `update` columns take the new values."""

    def __init__(self, table: str, columns: Sequence[str], key: Sequence[str], update: Sequence[str]) -> None:
        head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "  # noqa: S608 - our own names
        row = f"({','.join('?' * len(columns))})"
        tail = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in update)}"
        self._statements = [(size, head + ",".join([row] * size) + tail) for size in _SIZES]

    def write(self, db: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write these rows, in their order."""
        waiting = list(rows)
        at = 0
        for size, statement in self._statements:
            while len(waiting) - at >= size:
                db.execute(statement, tuple(chain.from_iterable(waiting[at : at + size])))
                at += size

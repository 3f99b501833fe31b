"""Writes many rows by few statements.

Python's `sqlite3` gives its interpreter's lock away at each step of a statement, and `executemany` steps once a row:
beside a busy event loop, getting the lock back costs far more than the row. One statement of many rows is one step.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

_SIZES = (256, 32, 4, 1)  # rows in one statement; few, so that the driver keeps each of them prepared


class Upsert:
    """An INSERT into a table; where `key` is there already, the `update` columns take the new values.

    `columns` says what each column gets: the number of a row's value, `"same"` for the value that all rows of one
    `write` share, or a literal. To hand over a value costs more than to store it, so none is handed over twice.
    """

    def __init__(self, table: str, columns: Mapping[str, int | str], key: Sequence[str], update: Sequence[str]) -> None:
        head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "  # noqa: S608 - our own names
        tail = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in update)}"
        width = 1 + max(number for number in columns.values() if isinstance(number, int))
        self._statements = [
            (size, head + ",".join(_row(columns.values(), at * width) for at in range(size)) + tail) for size in _SIZES
        ]

    def write(self, db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]], same: Any = None) -> None:
        """Write these rows, in their order."""
        at = 0
        for size, statement in self._statements:
            while len(rows) - at >= size:
                db.execute(statement, (same, *chain.from_iterable(rows[at : at + size])))
                at += size


def _row(columns: Iterable[int | str], before: int) -> str:
    """One row's place holders; `before` is how many values the rows before it have. The first place is `same`'s."""
    places = (f"?{before + 2 + c}" if isinstance(c, int) else "?1" if c == "same" else c for c in columns)
    return f"({','.join(places)})"

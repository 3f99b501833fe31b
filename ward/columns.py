"""InfluxDB's annotated CSV as tables of columns: what the page draws, as little of it as it needs."""

import csv
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ward.errors import QueryFailed, TooLarge

csv.field_size_limit(16 * 2**20)
KINDS = {
    "string": "string",
    "boolean": "boolean",
    "long": "number",
    "unsignedLong": "number",
    "double": "number",
    "dateTime:RFC3339": "time",
    "dateTime:RFC3339Nano": "time",
    "duration": "string",
    "base64Binary": "string",
}


@dataclass
class Table:
    """One table of a Flux answer: its group key, and its other columns by name: kind and values.

    A time is milliseconds since 1970, a number that is none (NaN, an infinity) and an absent value are None.
    """

    key: dict[str, Any]
    kinds: dict[str, str]
    columns: dict[str, list[Any]]

    def document(self) -> dict[str, Any]:
        """The table as JSON values; `_start` and `_stop` of the key, which the page knows, are left out."""
        key = {name: value for name, value in self.key.items() if name not in ("_start", "_stop")}
        kinds = {name: kind for name, kind in self.kinds.items() if name in key or name in self.columns}
        return {"key": key, "kinds": kinds, "columns": self.columns}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row with the values of the group key."""
        names = list(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield {**self.key, **dict(zip(names, values, strict=True))}


def decode(text: str, most_rows: int) -> list[Table]:
    """The tables of an annotated CSV answer; raises `QueryFailed` for an error in it, `TooLarge` beyond `most_rows`."""
    tables: list[Table] = []
    section: _Section | None = None
    count = 0
    annotations: dict[str, list[str]] = {}
    for row in csv.reader(io.StringIO(text, newline="")):
        if not row:
            section, annotations = None, {}
        elif row[0].startswith("#"):
            section = None
            annotations[row[0]] = row
        elif section is None:
            if row[-2:] == ["error", "reference"]:
                annotations["error"] = row
                section = _Section(row, annotations)
                continue
            section = _Section(row, annotations)
            annotations = {}
        elif section.is_error:
            raise QueryFailed("query-failed", row[-2][:500])
        else:
            count += 1
            if count > most_rows:
                raise TooLarge("too-large", "The answer has too many rows to draw. Choose a shorter time.")
            if (table := section.add(row)) is not None:
                tables.append(table)
    return [_typed(table) for table in tables]


class _Section:
    """Rows of one header."""

    def __init__(self, header: list[str], annotations: dict[str, list[str]]) -> None:
        self.is_error = "error" in annotations
        types = annotations.get("#datatype") or [""] + ["string"] * (len(header) - 1)
        groups = annotations.get("#group") or ["false"] * len(header)
        self._defaults = annotations.get("#default") or [""] * len(header)
        self._table_at = header.index("table") if "table" in header else -1
        self._of_key, self._others = [], []
        for at, name in enumerate(header):
            if at == 0 or name in ("table", "result"):
                continue
            group = groups[at] == "true" if at < len(groups) else False
            (self._of_key if group else self._others).append((at, name))
        self._kinds = {name: KINDS.get(types[at], "string") for at, name in (*self._of_key, *self._others)}
        self._current: str | None = None
        self._lists: list[tuple[int, list[Any], str]] = []

    def add(self, row: list[str]) -> Table | None:
        """Take a row; the table, where it begins one."""
        number = row[self._table_at] if self._table_at >= 0 else ""
        begun = None
        if number != self._current:
            self._current = number
            key = {name: row[at] or self._defaults[at] for at, name in self._of_key}
            columns: dict[str, list[Any]] = {name: [] for _, name in self._others}
            self._lists = [(at, columns[name], self._defaults[at]) for at, name in self._others]
            begun = Table(key, self._kinds, columns)
        for at, values, default in self._lists:
            values.append(row[at] or default)
        return begun


def _typed(table: Table) -> Table:
    """The same table with its texts turned into values, column by column."""
    for name, values in table.columns.items():
        table.columns[name] = [None if text == "" else text for text in map(_READERS[table.kinds[name]], values)]
    for name, text in table.key.items():
        value = _READERS[table.kinds[name]](text)
        table.key[name] = None if value == "" and table.kinds[name] != "string" else value
    return table


def _time(text: str) -> Any:
    return round(datetime.fromisoformat(text).timestamp() * 1000) if text else ""


def _number(text: str) -> Any:
    if not text:
        return ""
    value = float(text)
    return value if math.isfinite(value) else ""


_READERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "boolean": lambda text: text == "true" if text else "",
    "time": _time,
    "number": _number,
}

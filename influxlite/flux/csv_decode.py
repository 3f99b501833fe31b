"""Tables out of annotated CSV, as InfluxDB writes it, or out of plain CSV.

A block of lines `#datatype`, `#group`, `#default` and a header says what the rows below mean; a row whose first cell is
not empty begins the next such block, a row with another number in its cell `table` the next table. An empty cell has
the column's default; where there is none it is null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables, key_frame
from influxlite.flux.go_float import parse_float
from influxlite.flux.go_layout import parse_by_layout
from influxlite.flux.values import wrap_int
from influxlite.flux.vectors import DTYPES

KINDS = {
    "boolean": "bool",
    "long": "int",
    "unsignedLong": "uint",
    "double": "float",
    "string": "string",
    "dateTime": "time",
}
ANNOTATIONS = ("datatype", "group", "default")
FIRST = 3
"""Cells before the first column: annotation, result, table."""
FIELD_COUNT = "wrong number of fields"
NEEDS_RAW = 'consider using the mode: "raw" for csv that is not expected to have annotations.'
Line = list[str]


def decode(text: str, *, raw: bool = False) -> Tables:
    """The tables of a text. With `raw` it has no annotations: all columns are strings, and there is one table.

    FluxError in InfluxDB's words where it is no such text, or has more than one result.
    """
    lines = _Lines(records(text.removeprefix("\ufeff")))
    if lines.peek() is None:
        return []
    tables: list[_Table] = []
    result: str | None = None
    while lines.peek() is not None:
        meta = _raw_meta(lines) if raw else _read_meta(lines)
        if result is not None and meta.result != result:
            raise FluxError("failed precondition", "csv.from() can only parse 1 result")
        result = meta.result
        while True:
            tables.append(_read_table(lines, meta, raw))
            line = lines.peek()
            if line is None or (not raw and line[0]):
                break
    return _blocks(tables)


def records(text: str) -> Iterator[Line]:
    """The lines of a CSV text as cells; lines without anything are passed over.

    A quote inside a cell that does not begin with one stands for itself, as does one inside a quoted cell that no comma
    follows.
    """
    text = text.replace("\r\n", "\n").removesuffix("\r")
    if '"' not in text:
        for line in text.split("\n"):
            if line:
                yield line.split(",")
        return
    position, end = 0, len(text)
    while position < end:
        if text[position] == "\n":
            position += 1
            continue
        cells: Line = []
        more = True
        while more:
            cell, position, more = _cell(text, position)
            cells.append(cell)
        yield cells


_PLAIN = re.compile(r"[^,\n]*")


def _cell(text: str, position: int) -> tuple[str, int, bool]:
    """The cell at a position, the position behind it and its comma or line end, and whether the line goes on."""
    if not text.startswith('"', position):
        match = _PLAIN.match(text, position)
        assert match is not None
        stop = match.end()
        return match[0], stop + 1, text.startswith(",", stop)
    parts: list[str] = []
    position += 1
    while True:
        quote = text.find('"', position)
        if quote < 0:
            return "".join((*parts, text[position:])), len(text), False
        parts.append(text[position:quote])
        after = text[quote + 1 : quote + 2]
        position = quote + 2
        if after == '"':
            parts.append('"')
        elif after in (",", "\n", ""):
            return "".join(parts), position, after == ","
        else:
            parts.append('"')
            position = quote + 1


class _Lines:
    """Lines with a look at the next one."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self.lines = lines
        self.next = next(lines, None)

    def peek(self) -> Line | None:
        return self.next

    def take(self) -> Line | None:
        line, self.next = self.next, next(self.lines, None)
        return line


@dataclass(frozen=True, slots=True)
class _Meta:
    result: str
    table: str
    columns: dict[str, str]
    layouts: dict[str, str]
    key: tuple[str, ...]
    defaults: Line
    width: int
    start: int


@dataclass(slots=True)
class _Table:
    meta: _Meta
    rows: list[Line]

    def settle_key(self) -> None:
        """Take a column out of the group key whose cells differ within the table, though a key's may not."""
        meta = self.meta
        places = {name: meta.start + i for i, name in enumerate(meta.columns)}
        first = self.rows[0] if self.rows else []
        broken = {name for name in meta.key if any(row[places[name]] != first[places[name]] for row in self.rows)}
        if broken:
            self.meta = replace(meta, key=tuple(name for name in meta.key if name not in broken))

    def key_cells(self) -> Line:
        """The texts of the columns of the group key: those of the first row, else the defaults."""
        first = self.rows[0][self.meta.start :] if self.rows else [""] * len(self.meta.columns)
        names = list(self.meta.columns)
        return [first[i] or self.meta.defaults[i] for i in map(names.index, self.meta.key)]


def _raw_meta(lines: _Lines) -> _Meta:
    header = lines.take()
    assert header is not None
    columns = _named(header, ["string"] * len(header))
    return _Meta("_result", "0", columns, {}, (), [""] * len(header), len(header), 0)


def _read_meta(lines: _Lines) -> _Meta:
    found: dict[str, Line] = {}
    width = -1
    while len(found) < len(ANNOTATIONS):
        line = lines.take()
        if line is None or (not line[0].startswith("#") and line[0] not in ANNOTATIONS):
            missing = next(a for a in ANNOTATIONS if a not in found)
            if line is not None and 0 <= width != len(line):
                raise invalid("failed to read metadata: failed to read annotations: wrong number of fields")
            hint = f". {NEEDS_RAW if line is not None else NEEDS_RAW.capitalize()}" if missing == "datatype" else ""
            code = "failed precondition" if missing == "datatype" else "internal error"
            raise FluxError(code, f"failed to read metadata: missing expected annotation {missing}{hint}")
        width = len(line) if width < 0 else width
        if len(line) != width:
            raise invalid("failed to read metadata: failed to read annotations: wrong number of fields")
        name = line[0].removeprefix("#")
        if name in ANNOTATIONS:
            if width < FIRST:
                raise invalid(f'failed to read metadata: failed to read "{name}" annotation: wrong number of fields')
            found[name] = line
    return _with_header(lines, found, width)


def _with_header(lines: _Lines, found: dict[str, Line], width: int) -> _Meta:
    _, result, table, *defaults = found["default"]
    if table and not re.fullmatch(r"[+-]?\d+", table):
        raise FluxError("internal error", "failed to read metadata: default Table ID is not an integer")
    header = lines.take()
    if header is None:
        raise invalid("failed to read metadata: missing expected header row")
    if len(header) != width:
        raise invalid("failed to read metadata: failed to read header row: wrong number of fields")
    if header[1] == "error":
        line = lines.take()
        if line is None:
            raise invalid("unexpected EOF")
        if len(line) != width:
            raise invalid(FIELD_COUNT)
        raise FluxError("internal error", line[1])
    labels = header[FIRST:]
    kinds, layouts = [], {}
    for label, datatype in zip(labels, found["datatype"][FIRST:], strict=True):
        base, _, layout = datatype.partition(":")
        if base not in KINDS:
            raise invalid(
                f'failed to read metadata: column "{label}" has invalid datatype: unsupported data type "{base}"'
            )
        kinds.append(KINDS[base])
        layouts[label] = layout
    columns = _named(labels, kinds)
    for label, default in zip(labels, defaults, strict=True):
        if default:
            try:
                _value(default, columns[label], layouts[label])
            except ValueError as problem:
                raise invalid(
                    f'failed to read metadata: column "{label}" has invalid default value: {problem}'
                ) from None
    key = tuple(label for label, group in zip(labels, found["group"][FIRST:], strict=True) if group == "true")
    return _Meta(result, table, columns, layouts, key, defaults, width, FIRST)


def _named(labels: Sequence[str], kinds: Sequence[str]) -> dict[str, str]:
    columns = dict(zip(labels, kinds, strict=True))
    if len(columns) < len(labels):
        twice = next(label for label in labels if list(labels).count(label) > 1)
        raise invalid(f'column "{twice}" is there twice')
    return columns


def _read_table(lines: _Lines, meta: _Meta, raw: bool) -> _Table:
    table = _Table(meta, [])
    number: str | None = None
    while (line := lines.peek()) is not None:
        if len(line) != meta.width:
            if raw or not line[0]:
                raise FluxError("internal error", FIELD_COUNT)
            break
        if not raw:
            if line[0]:
                break
            number = line[2] if number is None else number
            if line[2] and line[2] != number:
                break
        table.rows.append(line)
        lines.take()
    if not table.rows and not meta.table and not raw:
        raise invalid("missing table ID")
    table.settle_key()
    return table


# cells to values


def _blocks(tables: Sequence[_Table]) -> Tables:
    """Tables that follow each other and have one shape share a block."""
    out: Tables = []
    start = 0
    for i in range(1, len(tables) + 1):
        if i == len(tables) or _shape(tables[i]) != _shape(tables[start]):
            out.append(_block(tables[start:i]))
            start = i
    return out


def _shape(table: _Table) -> Any:
    meta = table.meta
    return list(meta.columns.items()), meta.key, meta.layouts, meta.defaults


def _block(tables: Sequence[_Table]) -> Block:
    meta = tables[0].meta
    key_cells = [table.key_cells() for table in tables]
    keys = {
        name: _series([cells[i] for cells in key_cells], name, meta)
        for i, name in enumerate(meta.key)
    }  # fmt: skip
    rows = [row for table in tables for row in table.rows]
    data: dict[str, pl.Series] = {}
    for i, name in enumerate(meta.columns):
        if name not in meta.key:
            default, at = meta.defaults[i], meta.start + i
            data[name] = _series([row[at] or default for row in rows], name, meta)
    numbers = [n for n, table in enumerate(tables) for _ in table.rows]
    frame = pl.DataFrame({**data, TABLE: pl.Series(numbers, dtype=INDEX)})
    return Block(meta.columns, meta.key, key_frame(keys, len(tables)), frame)


def _series(cells: Line, name: str, meta: _Meta) -> pl.Series:
    kind, layout = meta.columns[name], meta.layouts.get(name, "")
    texts = pl.Series(name, cells, dtype=pl.String())
    texts = texts.set(texts == "", None) if (texts == "").any() else texts
    if kind == "string":
        return texts
    plain = _NUMBER.get(kind)
    if plain is not None and texts.str.contains(plain).all():
        try:
            return texts.cast(DTYPES[kind])
        except pl.exceptions.InvalidOperationError:
            pass
    values: dict[str, Any] = {}
    for text in texts.unique().drop_nulls():
        try:
            values[text] = _value(text, kind, layout)
        except ValueError as problem:
            raise FluxError("internal error", str(problem)) from None
    return pl.Series(name, [None if t is None else values[t] for t in texts], dtype=DTYPES[kind])


_NUMBER = {
    "int": r"^-?\d{1,18}$",
    "uint": r"^\d{1,19}$",
    "float": r"^-?\d+(\.\d+)?([eE][+-]?\d{1,2})?$",
}
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")


def _value(text: str, kind: str, layout: str) -> Any:
    return _PARSERS[kind](text, layout)


def _bool(text: str, _: str) -> bool:
    if text not in _TRUE and text not in _FALSE:
        raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')
    return text in _TRUE


def _int(text: str, _: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if not -(1 << 63) <= int(text) < 1 << 63:
        raise ValueError(f'strconv.ParseInt: parsing "{text}": value out of range')
    return int(text)


def _uint(text: str, _: str) -> int:
    if not re.fullmatch(r"\d+", text, re.ASCII):
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) >= 1 << 64:
        raise ValueError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)


def _float(text: str, _: str) -> float:
    try:
        return parse_float(text)
    except ValueError as problem:
        raise ValueError(f'strconv.ParseFloat: parsing "{text}": {problem}') from None


_PARSERS: dict[str, Callable[[str, str], Any]] = {
    "bool": _bool,
    "int": _int,
    "uint": _uint,
    "float": _float,
    "string": lambda text, _: text,
    "time": lambda text, layout: wrap_int(parse_by_layout(text, layout)),
}

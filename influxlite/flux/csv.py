"""Results as InfluxDB's annotated CSV.

Each table is a run of lines; where columns, types, group flags or default values change, annotations and header come
anew after an empty line. A table without rows is annotations and header alone, its group key in the defaults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from influxlite.flux.conversions import day_text, float_text, time_text
from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block

if TYPE_CHECKING:
    from influxlite.flux import Result

DATATYPES = {"float": "double", "int": "long", "uint": "unsignedLong", "string": "string", "bool": "boolean"}
LINE_ENDS = (("\r", ""), ("\n", "\r\n"))
"""InfluxDB's lines end in CR LF, within a cell too: a CR of the text itself goes, a LF becomes both."""
PUZZLING = r"^(?:[\t\v\f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|\\\.$)"
"""What InfluxDB quotes though it needs not: a text that begins with white space, and the text `\\.`."""
CHUNK = 50_000
"""Rows that are turned into text at once."""
Cells = list[str]
Piece = str | pl.Series | pl.Expr
"""A part of all lines: the same text in each, or a text for each, there already or to be made with the whole line."""
FEW = 500
"""So many rows are put into words sooner by Python than by Polars, which plans each of its steps."""
WRITERS: dict[str, Callable[[Any], str]] = {
    "float": float_text,
    "time": time_text,
    "bool": lambda value: "true" if value else "false",
}
"""How a cell is written, for the kinds whose text is not Python's."""


def encode(
    results: Iterable[Result],
    *,
    header: bool = True,
    annotations: Sequence[str] = ("datatype", "group", "default"),
    delimiter: str = ",",
    date_time_format: str = "RFC3339",
) -> Iterator[bytes]:
    """The lines of all results, `\\r\\n` at their ends; a FluxError among the results becomes an error table."""
    encoder = _Encoder(header, annotations, delimiter, date_time_format)
    try:
        for result in results:
            yield from encoder.result(result)
            yield b"\r\n"
    except FluxError as problem:
        yield encoder.error(problem)


def error_table(
    problem: FluxError, *, annotations: Sequence[str] = (), delimiter: str = ",", behind: bool = False
) -> bytes:
    """What went wrong, as a table: the lines that stand in the place of those that would have come.

    `behind` says that others went out before.
    """
    encoder = _Encoder(True, annotations, delimiter, "")
    encoder.wrote = behind
    return encoder.error(problem)


class _Encoder:
    def __init__(self, header: bool, annotations: Sequence[str], delimiter: str, times: str) -> None:
        self.header = header
        self.annotations = annotations
        self.delimiter = delimiter
        self.nanos = times == "RFC3339Nano"
        self.wrote = False
        """Whether a table was written."""

    def result(self, result: Result) -> Iterator[bytes]:
        """The tables of one result, numbered from 0."""
        number = 0
        last: tuple[object, ...] | None = None
        gap = False
        for block in result.tables:
            counts = block.counts()
            schema = (tuple(block.columns.items()), block.key, block.lacking)
            for position, length, empty in _runs(counts):
                if empty:
                    yield self._start(result.name, block, (position, number + position), gap)
                    last, gap = None, True
                    continue
                if schema != last:
                    yield self._start(result.name, block, None, gap)
                    last, gap = schema, True
                if not block.columns:
                    continue  # rows without cells are no lines
                part = block
                if length < block.table_count:
                    part = block.only_tables(block.table_numbers().is_between(position, position + length - 1))
                yield from self._rows(result.name, part, number + position)
            number += block.table_count

    def _start(self, result: str, block: Block, empty: tuple[int, int] | None, gap: bool) -> bytes:
        """Annotations and header of the tables of a block, or of one that has no rows: (position, number).

        `gap`: after an empty line, though there be neither.
        """
        self.wrote = True
        names = block.shown()
        lines: list[Cells] = []
        kinds = {name: self._datatype(block.columns[name]) for name in names}
        defaults = dict.fromkeys(names, "")
        table = ""
        if empty is not None:
            table = str(empty[1])
            for name in set(block.key) & set(names):
                value = block.keys[name][empty[0]]
                defaults[name] = "" if value is None else WRITERS.get(block.columns[name], str)(value)
        for annotation in self.annotations:
            head = f"#{annotation}"
            if annotation == "datatype":
                lines.append([head, "string", "long", *(kinds[n] for n in names)])
            elif annotation == "group":
                lines.append([head, "false", "false", *("true" if n in block.key else "false" for n in names)])
            elif annotation == "default":
                lines.append([head, result, table, *(defaults[n] for n in names)])
        if self.header:
            lines.append(["", "result", "table", *names])
        return self._lines(lines, gap)

    def _datatype(self, kind: str) -> str:
        return DATATYPES.get(kind, "dateTime:RFC3339Nano" if self.nanos else "dateTime:RFC3339")

    def _lines(self, lines: list[Cells], gap: bool) -> bytes:
        text = "".join(self.delimiter.join(map(self._quoted, line)) + "\r\n" for line in lines)
        return ("\r\n" + text if gap else text).encode()

    def _rows(self, result: str, block: Block, first: int) -> Iterator[bytes]:
        """The lines of a block. What its tables' keys say is put into words once a table, not once a row."""
        named = "" if "default" in self.annotations else self._quoted(result)  # the annotation says it for all rows
        words = _Words(block, f"{self.delimiter}{named}{self.delimiter}", first)
        for name in block.shown():
            kind = block.columns[name]
            words.fixed(self.delimiter)
            if name not in block.key:
                words.column(name, kind)
            elif block.table_count == 1:
                words.fixed(self._cells(block.keys[name].to_list(), kind)[0])
            else:
                words.per_table(self._cells(block.keys[name].to_list(), kind))
        words.fixed("\r\n")
        if block.rows.height <= FEW:
            yield words.lines(self._cells).encode()
            return
        for start in range(0, block.rows.height, CHUNK):
            rows = block.rows.slice(start, CHUNK)
            pieces = words.of(rows, self._texts)
            constant = all(isinstance(piece, str) for piece in pieces)
            yield "".join(map(str, pieces)).encode() * rows.height if constant else _joined(pieces)

    def _cells(self, values: list[Any], kind: str) -> Cells:
        """A few values of a column as InfluxDB writes them; nulls and empty texts are nothing at all."""
        if kind == "string":
            words = {value: "" if value is None else self._quoted(value) for value in set(values)}
            return [words[value] for value in values]
        write = WRITERS.get(kind, str)
        return ["" if value is None else write(value) for value in values]

    def _texts(self, column: pl.Series, kind: str) -> list[Piece]:
        """What `_cells` gives, for a long column, in pieces side by side."""
        if kind == "float":
            return [_float_texts(column)]
        if kind == "time":
            return _time_texts(column)
        if kind != "string":
            return [column.cast(pl.String())]
        special = column.str.contains(f'{PUZZLING}|["\r\n{re.escape(self.delimiter)}]')
        if not special.any():
            return [column]
        inside = column.str.replace_all('"', '""', literal=True)
        for written, meant in LINE_ENDS:
            inside = inside.str.replace_all(written, meant, literal=True)
        quoted = pl.concat_str(pl.lit('"'), inside, pl.lit('"'))
        return [pl.select(pl.when(special).then(quoted).otherwise(column)).to_series()]

    def _quoted(self, text: str) -> str:
        """A text as a cell."""
        if {'"', "\r", "\n", self.delimiter}.isdisjoint(text) and not re.match(PUZZLING, text):
            return text
        inside = text.replace('"', '""')
        for written, meant in LINE_ENDS:
            inside = inside.replace(written, meant)
        return '"' + inside + '"'

    def error(self, problem: FluxError) -> bytes:
        """What InfluxDB sends when a query fails after its first table went out."""
        cells = {"datatype": "string", "group": "true", "default": ""}
        lines = [[f"#{name}", cells[name], cells[name]] for name in self.annotations]
        return self._lines([*lines, ["", "error", "reference"], ["", problem.message, ""]], self.wrote)


def _runs(counts: np.ndarray) -> Iterator[tuple[int, int, bool]]:
    """Tables in order: (the first one, how many, False) for those with rows that follow each other, (it, 1, True) for
    each one without."""
    start = 0
    for position in np.flatnonzero(counts == 0).tolist():
        if position > start:
            yield start, position - start, False
        yield position, 1, True
        start = position + 1
    if start < len(counts):
        yield start, len(counts) - start, False


class _Words:
    """The pieces of a block's lines, from left to right: fixed words, words of each table, columns of its rows."""

    def __init__(self, block: Block, before: str, first: int) -> None:
        self.block = block
        self.pieces: list[str | Cells | tuple[str, str]] = []
        self.open: str | Cells = before
        """What stands before the next column: the same in all rows, or a text for each table."""
        if block.table_count == 1:
            self.fixed(str(first))
        else:
            self.per_table(list(map(str, range(first, first + block.table_count))))

    def fixed(self, text: str) -> None:
        """Words that all rows share."""
        self.open = self.open + text if isinstance(self.open, str) else [before + text for before in self.open]

    def per_table(self, texts: Cells) -> None:
        """Words that the rows of a table share."""
        if isinstance(self.open, str):
            self.open = [self.open + text for text in texts]
        else:
            self.open = [before + text for before, text in zip(self.open, texts, strict=True)]

    def column(self, name: str, kind: str) -> None:
        """A column of the rows."""
        self._close()
        self.pieces.append((name, kind))

    def _close(self) -> None:
        """Put what the rows of a table share into one piece."""
        if self.open:
            self.pieces.append(self.open)
        self.open = ""

    def lines(self, cells: Callable[[list[Any], str], Cells]) -> str:
        """The lines of all rows, of which there are few."""
        self._close()
        rows, tables = self.block.rows, self.block.tables.to_list()
        columns: list[Iterable[str]] = []
        for piece in self.pieces:
            if isinstance(piece, tuple):
                columns.append(cells(rows[piece[0]].to_list(), piece[1]))
            else:
                columns.append(repeat(piece, len(tables)) if isinstance(piece, str) else map(piece.__getitem__, tables))
        return "".join(chain.from_iterable(zip(*columns, strict=True)))

    def of(self, rows: pl.DataFrame, texts: Callable[[pl.Series, str], list[Piece]]) -> list[Piece]:
        """The pieces of some of the block's rows."""
        self._close()
        out: list[Piece] = []
        for piece in self.pieces:
            if isinstance(piece, tuple):
                out += texts(rows[piece[0]], piece[1])
            else:
                out.append(piece if isinstance(piece, str) else pl.Series(piece, dtype=pl.String())[rows[TABLE]])
        return out


def _side_by_side(pieces: list[Piece]) -> pl.Series:
    """Pieces joined row by row; what is null is nothing."""
    words = [piece if isinstance(piece, pl.Expr) else pl.lit(piece) for piece in pieces]
    return pl.select(pl.concat_str(words, ignore_nulls=True)).to_series()


def _joined(pieces: list[Piece]) -> bytes:
    """All rows one after another, out of at least one series: Arrow keeps a column of texts as one run of bytes."""
    texts = _side_by_side(pieces).to_arrow(compat_level=pl.CompatLevel.oldest())
    ends = np.frombuffer(texts.buffers()[1], dtype=np.int64)
    return texts.buffers()[2][int(ends[texts.offset]) : int(ends[texts.offset + len(texts)])].to_pybytes()


def _float_texts(series: pl.Series) -> Piece:
    """Floats in Go's shortest form without an exponent."""
    size = np.abs(series.to_numpy())
    usual = ((size >= 1e-3) & (size < 1e15)) | (size == 0)
    if usual.all():
        return pl.lit(series).cast(pl.String()).str.strip_suffix(".0")
    texts = series.cast(pl.String()).str.strip_suffix(".0")
    odd = pl.Series(~usual) & series.is_not_null()
    return texts.scatter(odd.arg_true(), [float_text(v) for v in series.filter(odd)])


SECOND, DAY_S = 1_000_000_000, 86_400


def _time_texts(series: pl.Series) -> list[Piece]:
    """Times in the form of RFC 3339, as the day, the clock, and what is below a second."""
    if not len(series) or series.null_count():
        return [pl.Series([None if v is None else time_text(v) for v in series], dtype=pl.String())]
    nanoseconds = series.to_numpy()
    seconds = nanoseconds // SECOND
    days = seconds // DAY_S
    first, last = int(days.min()), int(days.max())
    if first == last:
        day: Piece = day_text(first)
    elif last - first <= MOST_DAYS:
        day = pl.Series([day_text(d) for d in range(first, last + 1)])[pl.Series(days - first)]
    else:
        day = pl.Series(days.astype(np.int32)).cast(pl.Date()).dt.strftime("%Y-%m-%d")
    clock = _clock_texts()[pl.Series(seconds - days * DAY_S)]
    rest = nanoseconds - seconds * SECOND
    if not rest.any():
        return [day, clock, "Z"]
    digits = pl.Series(rest + SECOND).cast(pl.String()).str.slice(1).str.strip_chars_end("0")
    return [day, clock, pl.select(pl.when(digits == "").then(pl.lit("")).otherwise("." + digits)).to_series(), "Z"]


MOST_DAYS = 1_000


@cache
def _clock_texts() -> pl.Series:
    """The text of each second of a day; short enough to lie in the column itself."""
    return (pl.int_range(0, DAY_S, eager=True) * 1000).cast(pl.Datetime("ms")).dt.strftime("T%H:%M:%S")

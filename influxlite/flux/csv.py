"""Results as InfluxDB's annotated CSV.

Each table is a run of lines; where columns, types, group flags or default values change, annotations and header come
anew after an empty line. A table without rows is annotations and header alone, its group key in the defaults.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.conversions import time_text
from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block
from influxlite.flux.vectors import scalar

if TYPE_CHECKING:
    from influxlite.flux import Result

DATATYPES = {"float": "double", "int": "long", "uint": "unsignedLong", "string": "string", "bool": "boolean"}
CHUNK = 50_000
"""Rows that are turned into text at once."""
Cells = list[str]


def encode(
    results: Iterable[Result],
    *,
    header: bool = True,
    annotations: Sequence[str] = ("datatype", "group", "default"),
    delimiter: str = ",",
    date_time_format: str = "RFC3339",
    comment_prefix: str = "#",
) -> Iterator[bytes]:
    """The lines of all results, `\\r\\n` at their ends; a FluxError among the results becomes an error table."""
    encoder = _Encoder(header, annotations, delimiter, date_time_format, comment_prefix)
    try:
        for result in results:
            yield from encoder.result(result)
    except FluxError as problem:
        yield encoder.error(problem)
    yield encoder.end()


class _Encoder:
    def __init__(self, header: bool, annotations: Sequence[str], delimiter: str, times: str, comment: str) -> None:
        self.header = header
        self.annotations = annotations
        self.delimiter = delimiter
        self.nanos = times == "RFC3339Nano"
        self.comment = comment
        self.wrote = False

    def result(self, result: Result) -> Iterator[bytes]:
        """The tables of one result, numbered from 0."""
        number = 0
        last: tuple[object, ...] | None = None
        for block in result.tables:
            counts = pl.Series([block.rows.height]) if block.table_count == 1 else block.counts()
            schema = (tuple(block.columns.items()), block.key)
            for position, length, empty in _runs(counts):
                if empty:
                    yield self._start(result.name, block, (position, number + position))
                    last = None
                    continue
                if schema != last:
                    yield self._start(result.name, block, None)
                    last = schema
                part = block
                if length < block.table_count:
                    part = block.only_tables(block.table_numbers().is_between(position, position + length - 1))
                first = number + position
                yield from self._rows(result.name, part, pl.int_range(first, first + length, eager=True))
            number += block.table_count

    def _start(self, result: str, block: Block, empty: tuple[int, int] | None) -> bytes:
        """Annotations and header of the tables of a block, or of one that has no rows: (position, number)."""
        names = list(block.columns)
        lines: list[Cells] = []
        kinds = {name: self._datatype(kind) for name, kind in block.columns.items()}
        defaults = dict.fromkeys(names, "")
        table = ""
        if empty is not None:
            table = str(empty[1])
            for name in block.key:
                value = scalar(block.keys[name][empty[0]], block.columns[name])
                defaults[name] = "" if value is None else _text(value, block.columns[name])
        for annotation in self.annotations:
            head = f"{self.comment}{annotation}"
            if annotation == "datatype":
                lines.append([head, "string", "long", *(kinds[n] for n in names)])
            elif annotation == "group":
                lines.append([head, "false", "false", *("true" if n in block.key else "false" for n in names)])
            elif annotation == "default":
                lines.append([head, result, table, *(defaults[n] for n in names)])
        if self.header:
            lines.append(["", "result", "table", *names])
        return self._lines(lines, gap=self.wrote)

    def _datatype(self, kind: str) -> str:
        return DATATYPES.get(kind, "dateTime:RFC3339Nano" if self.nanos else "dateTime:RFC3339")

    def _lines(self, lines: list[Cells], gap: bool) -> bytes:
        out = io.StringIO()
        if gap and lines:
            out.write("\r\n")
        csv.writer(out, delimiter=self.delimiter, lineterminator="\r\n").writerows(lines)
        self.wrote = True
        return out.getvalue().encode()

    def _rows(self, result: str, block: Block, numbers: pl.Series) -> Iterator[bytes]:
        """The lines of a block. What its tables' keys say is put into words once a table, not once a row."""
        named = "" if "default" in self.annotations else self._quoted(result)  # the annotation says it for all rows
        fixed: list[str | pl.Expr] = [f"{self.delimiter}{named}{self.delimiter}", pl.col("\0number").cast(pl.String())]
        single = block.table_count == 1
        if single:
            fixed[1] = str(numbers[0])
        pieces: list[pl.Expr] = []
        segments: list[pl.Expr] = []

        def close() -> None:
            if single:
                pieces.append(pl.lit("".join(map(str, fixed))))
            else:
                name = f"\0s{len(segments)}"
                words = [pl.lit(part) if isinstance(part, str) else part for part in fixed]
                segments.append(pl.concat_str(words, ignore_nulls=True).alias(name))
                pieces.append(pl.col(name))
            fixed.clear()

        for name, kind in block.columns.items():
            fixed.append(self.delimiter)
            if name not in block.key:
                close()
                pieces.append(self._cells(name, kind))
            elif single:
                fixed.append(self._cell(block.keys[name][0], kind))
            else:
                fixed.append(self._cells(name, kind))
        fixed.append("\r\n")
        close()
        keys = None if single else block.keys.with_columns(numbers.alias("\0number")).select(segments)
        for start in range(0, block.rows.height, CHUNK):
            rows = block.rows.slice(start, CHUNK)
            if keys is not None:
                rows = rows.with_columns(keys[rows[TABLE]].get_columns())
            yield rows.select(pl.concat_str(pieces, ignore_nulls=True).str.join("")).item().encode()

    def _cell(self, value: object, kind: str) -> str:
        """What `_cells` gives for one value."""
        if value is None:
            return ""
        return self._quoted(str(value)) if kind == "string" else _text(scalar(value, kind), kind)

    def _cells(self, name: str, kind: str) -> pl.Expr:
        """A column as InfluxDB writes it; nulls and empty texts are nothing at all."""
        column = pl.col(name)
        if kind == "string":
            special = f'["\r\n{re.escape(self.delimiter)}]'
            quoted = pl.concat_str(pl.lit('"'), column.str.replace_all('"', '""', literal=True), pl.lit('"'))
            return pl.when(column.str.contains(special)).then(quoted).otherwise(column)
        if kind == "float":
            return column.map_batches(_float_texts, return_dtype=pl.String())
        return column.map_batches(_time_texts, return_dtype=pl.String()) if kind == "time" else column.cast(pl.String())

    def _quoted(self, text: str) -> str:
        """A text as a cell."""
        if not {'"', "\r", "\n", self.delimiter}.isdisjoint(text):
            return '"' + text.replace('"', '""') + '"'
        return text

    def error(self, problem: FluxError) -> bytes:
        """What InfluxDB sends when a query fails after its first table went out."""
        lines = [["#datatype", "string", "string"], ["#group", "true", "true"], ["#default", "", ""]]
        return self._lines([*lines, ["", "error", "reference"], ["", problem.message, ""]], gap=self.wrote)

    def end(self) -> bytes:
        """The empty line after the last table."""
        return b"\r\n"


def _runs(counts: pl.Series) -> Iterator[tuple[int, int, bool]]:
    """Tables in order: (the first one, how many, False) for those with rows that follow each other, (it, 1, True) for
    each one without."""
    start = 0
    for position in (counts == 0).arg_true():
        if position > start:
            yield start, position - start, False
        yield position, 1, True
        start = position + 1
    if start < len(counts):
        yield start, len(counts) - start, False


def _text(value: object, kind: str) -> str:
    from influxlite.flux.conversions import to_text

    return time_text(value) if kind == "time" else to_text(value)  # type: ignore[arg-type]


def _float_texts(series: pl.Series) -> pl.Series:
    """Floats in Go's shortest form without an exponent."""
    from influxlite.flux.conversions import float_text

    size = series.abs()
    usual = ((size >= 1e-3) & (size < 1e15)) | (size == 0)
    texts = series.cast(pl.String()).str.strip_suffix(".0")
    if usual.all():
        return texts
    odd = ~usual.fill_null(True)
    return texts.scatter(odd.arg_true(), [float_text(v) for v in series.filter(odd)])


def _time_texts(series: pl.Series) -> pl.Series:
    if not len(series) or series.null_count() == len(series):
        return series.cast(pl.String())
    rest = series % 1_000_000_000
    times = series.cast(pl.Datetime("ns"))
    low, high = int(series.min()), int(series.max())  # type: ignore[arg-type]
    if low < -62_000_000_000_000_000_000 or high > 250_000_000_000_000_000_000:
        return pl.Series([None if v is None else time_text(v) for v in series], dtype=pl.String())
    if not (rest != 0).any():
        return times.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    whole = times.dt.strftime("%Y-%m-%dT%H:%M:%S.%9f").str.strip_chars_end("0").str.strip_chars_end(".")
    return whole + "Z"

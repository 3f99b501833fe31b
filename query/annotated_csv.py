"""InfluxDB's annotated CSV as Polars frames, decoded by columns.

An answer is a sequence of blocks with a blank line between them. A block has the annotations `#datatype`, `#group` and
`#default`, a header, and the rows of one or more tables of that shape, told apart by the columns `result` and `table`.
A quoted value may hold line ends, and even what looks like a block, so only line ends outside quotes count. Where the
server fails while it answers, the last block is an error instead of rows.

An empty cell is the column's default, and null where that is empty too: the format cannot tell an empty string from a
null. InfluxDB writes every line end within a value as CR LF and leaves a lone CR out; as Go's own reader does, CR LF is
read as LF. Times are kept to the nanosecond, in UTC.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
import pyarrow.csv

from query.errors import AnswerError

ANNOTATIONS = ("#datatype", "#group", "#default")
TYPES = {
    "string": pa.string(),
    "long": pa.int64(),
    "unsignedLong": pa.uint64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "dateTime": pa.timestamp("ns", "UTC"),
    "dateTime:RFC3339": pa.timestamp("ns", "UTC"),
    "dateTime:RFC3339Nano": pa.timestamp("ns", "UTC"),
    "duration": pa.string(),
    "base64Binary": pa.string(),
}
BLOCK_BYTES = 16 * 2**20


class BrokenOff(Exception):  # noqa: N818 - becomes a FluxError where the query's text is known
    """The server began to answer and then failed; the text is its message, which stood where rows should."""


@dataclass(frozen=True)
class Tables:
    """The tables of one result that share a shape.

    `frame` has the columns of the answer, and first `table`, the number of the table that a row belongs to; `group`
    names the columns that are equal throughout a table. A table without rows leaves no trace but its columns.
    """

    result: str
    group: tuple[str, ...]
    frame: pl.DataFrame

    def each(self) -> Iterator[pl.DataFrame]:
        """Every table as a frame of its own, in the answer's order, without the column `table`."""
        for part in self.frame.partition_by("table", maintain_order=True):
            yield part.drop("table")


def decode(body: bytes) -> list[Tables]:
    """The tables of an answer, in its order.

    Raises `BrokenOff` with the server's message where the answer ends in an error, AnswerError where it is no annotated
    CSV.
    """
    found = []
    try:
        for block in _blocks(body):
            found += _tables(block)
    except (ValueError, IndexError, KeyError, csv.Error, pl.exceptions.PolarsError, pa.ArrowException) as fault:
        raise AnswerError(f"the answer is no annotated CSV that can be read ({type(fault).__name__})") from None
    return found


def _blocks(body: bytes) -> Iterator[memoryview]:
    """The blocks of an answer: each begins with a line `#…` (or the header of an error), after a blank line."""
    view, start, quotes, counted, at = memoryview(body), 0, 0, 0, 0
    while (at := body.find(b"\n\r\n", at)) >= 0:
        quotes += body.count(b'"', counted, at)
        counted = at
        after = at + 3
        if quotes % 2 == 0 and body[after : after + 1] == b"#":
            if body[start:at].strip():
                yield view[start : at + 1]
            start = after
        at = after - 1  # blank lines may follow each other
    if body[start:].strip():
        yield view[start:]


def _tables(block: memoryview) -> Iterator[Tables]:
    """The results within a block, in its order; nearly always one."""
    annotations, header, rows = _head(block)
    if "error" in header[:2]:
        row = next(csv.reader(io.StringIO(bytes(rows).decode(), newline="")), [])
        raise BrokenOff(row[header.index("error")])
    if any(name not in annotations for name in ANNOTATIONS) or header[:3] != ["", "result", "table"]:
        raise AnswerError(
            "the answer is no annotated CSV with datatype, group and default: is that address InfluxDB's?"
        )
    kinds, groups, defaults = (dict(zip(header, annotations[name], strict=True)) for name in ANNOTATIONS)
    frame = _frame(header, kinds, defaults, rows)
    group = tuple(name for name in header[3:] if groups[name] == "true")
    for part in frame.partition_by("result", maintain_order=True) or [frame]:
        result = part["result"][0] if len(part) else defaults["result"]
        yield Tables(result, group, part.drop("result"))


def _head(block: memoryview) -> tuple[dict[str, list[str]], list[str], memoryview]:
    """The annotations by name, the header, and what follows them: the rows."""
    annotations: dict[str, list[str]] = {}
    end = 0
    while True:
        start, end = end, _line_end(block, end)
        line = bytes(block[start:end]).decode()
        cells = next(csv.reader(io.StringIO(line, newline="")), [])
        if not cells and end < len(block):
            continue
        if not cells or not cells[0].startswith("#"):
            return annotations, cells, block[end:]
        annotations[cells[0]] = ["", *cells[1:]]


def _line_end(block: memoryview, start: int) -> int:
    """Where the line that begins there ends, its line end included; one within quotes does not count."""
    quotes, at, size = 0, start, 4096
    while at < len(block):
        piece = bytes(block[at : at + size])
        end = piece.find(b"\n")
        if end < 0:
            quotes += piece.count(b'"')
            at += len(piece)
            continue
        quotes += piece.count(b'"', 0, end)
        at += end + 1
        if quotes % 2 == 0:
            return at
    return len(block)


def _frame(header: list[str], kinds: dict[str, str], defaults: dict[str, str], rows: memoryview) -> pl.DataFrame:
    """The rows as columns of their types, `result` and `table` included."""
    names = header[1:]
    for name in names:
        if kinds[name] not in TYPES:
            raise AnswerError(f"the answer's column {name!r} is of the type {kinds[name]!r}, which nothing here reads")
    types = {name: TYPES[kinds[name]] for name in names}
    if not bytes(rows[:2]).strip():
        table = pa.table({name: pa.array([], kind) for name, kind in types.items()})
    else:
        try:
            table = pyarrow.csv.read_csv(
                pa.py_buffer(rows),
                read_options=pyarrow.csv.ReadOptions(column_names=header, use_threads=False, block_size=BLOCK_BYTES),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types={"": pa.null(), **types},
                    include_columns=names,
                    null_values=[""],
                    strings_can_be_null=True,
                    true_values=["true"],
                    false_values=["false"],
                ),
            )
        except pa.ArrowInvalid as fault:
            raise AnswerError(f"the answer's rows do not fit its header: {fault}") from None
    frame = pl.DataFrame(pl.from_arrow(table))
    if b'"' in bytes(rows):
        frame = frame.with_columns(pl.selectors.string().str.replace_all("\r\n", "\n", literal=True))
    return frame.with_columns(
        pl.col(name).fill_null(pl.lit(defaults[name]).cast(frame.schema[name])) for name in names if defaults[name]
    )

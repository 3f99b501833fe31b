"""InfluxDB's annotated CSV as tables, read while it streams: what `bedside flux` prints."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FluxTable:
    """One table of an answer: the result it belongs to, its columns with their Flux types, its rows as text."""

    result: str
    columns: list[str]
    types: list[str]
    grouped: list[bool]
    rows: list[list[str]] = field(default_factory=list)


class FluxAnswerError(Exception):
    """The server began to answer and then failed: an error table stands where rows should."""


def read_tables(lines: Iterable[str]) -> Iterator[FluxTable]:
    """The tables of an answer with the annotations datatype, group and default, in its order.

    Raises `FluxAnswerError` with the server's message when the answer ends in an error table.
    """
    annotations: dict[str, list[str]] = {}
    header: list[str] | None = None
    table: FluxTable | None = None
    number = ""
    for row in csv.reader(lines):
        if not row or row == [""]:
            header = None
            continue
        if row[0].startswith("#"):
            if header is not None:
                annotations, header = {}, None
            annotations[row[0]] = row
            continue
        if header is None:
            header = row
            if table is not None:
                yield table
            table = None
            continue
        if "error" in header:
            raise FluxAnswerError(row[header.index("error")])
        cells = [cell or default for cell, default in zip(row, annotations["#default"], strict=True)]
        if table is None or cells[2] != number:
            if table is not None:
                yield table
            kinds, groups = annotations["#datatype"][3:], annotations["#group"][3:]
            table = FluxTable(cells[1], header[3:], kinds, [g == "true" for g in groups])
            number = cells[2]
        table.rows.append(cells[3:])
    if table is not None:
        yield table


def value(kind: str, text: str) -> Any:
    """A cell as JSON holds it: numbers and booleans by their type, the rest as text, an empty one as None."""
    if text == "" and kind != "string":
        return None
    if kind in ("long", "unsignedLong"):
        return int(text)
    if kind == "double":
        number = float(text)
        return number if number - number == 0 else text  # JSON has no NaN and no infinity
    return text == "true" if kind == "boolean" else text

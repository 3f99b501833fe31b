"""Annotated CSV read for comparison: results by name, tables by group key, columns by name, rows in order."""

import csv
import io
import math
from typing import NamedTuple


class Table(NamedTuple):
    """Columns as {name: (datatype, grouped)}, rows as {name: cell}."""

    columns: dict[str, tuple[str, str]]
    rows: list[dict[str, str]]


Key = tuple[str, tuple[tuple[str, str], ...]]


def tables(body: str) -> dict[Key, Table]:
    """The tables of a body by result and group key; ValueError for an error table."""
    found: dict[tuple[Key, str], Table] = {}
    annotations: dict[str, list[str]] = {}
    header: list[str] | None = None
    for row in csv.reader(io.StringIO(body.replace("\r\n", "\n"))):
        if not row or row == [""]:
            header = None
        elif row[0].startswith("#"):
            if header is not None:
                annotations, header = {}, None
            annotations[row[0][1:]] = row[1:]
        elif header is None:
            header = row[1:]
            if "error" in header:
                raise ValueError(f"an error table: {body[-300:]}")
        else:
            _take(found, annotations, header, row[1:])
    return {key: table for (key, _), table in found.items()}


def _take(
    found: dict[tuple[Key, str], Table], annotations: dict[str, list[str]], header: list[str], row: list[str]
) -> None:
    """One row into its table."""
    default = annotations.get("default", [""] * len(header))
    cells = {name: cell or given for name, cell, given in zip(header, row, default, strict=False)}
    kinds, grouped = annotations["datatype"], annotations["group"]
    columns = {n: (k, g) for n, k, g in zip(header, kinds, grouped, strict=False) if n not in ("result", "table")}
    group = tuple(sorted((name, cells[name]) for name, (_, flag) in columns.items() if flag == "true"))
    key = ((cells["result"], group), "" if group else cells["table"])
    found.setdefault(key, Table(columns, [])).rows.append({name: cells[name] for name in columns})


def difference(want: str, got: str) -> str | None:
    """The first difference between two bodies, or None; floats agree within 1e-9 relative."""
    expected, actual = tables(want), tables(got)
    if expected.keys() != actual.keys():
        missing, extra = expected.keys() - actual.keys(), actual.keys() - expected.keys()
        return f"tables differ: missing {sorted(missing)[:2]}, unexpected {sorted(extra)[:2]}"
    for key, table in expected.items():
        other = actual[key]
        if table.columns != other.columns:
            return f"columns of {key}: expected {table.columns}, got {other.columns}"
        if len(table.rows) != len(other.rows):
            return f"rows of {key}: expected {len(table.rows)}, got {len(other.rows)}"
        for number, (row, answered) in enumerate(zip(table.rows, other.rows, strict=True)):
            for name, (kind, _) in table.columns.items():
                if not _same(kind, row[name], answered[name]):
                    return f"{key} row {number} column {name}: expected {row[name]!r}, got {answered[name]!r}"
    return None


def _same(kind: str, one: str, other: str) -> bool:
    """Whether two cells mean the same."""
    if one == other:
        return True
    if kind != "double" or not one or not other:
        return False
    a, b = float(one), float(other)
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)

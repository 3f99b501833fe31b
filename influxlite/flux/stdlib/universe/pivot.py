"""pivot: values of a column become columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influxlite.flux.conversions import to_text
from influxlite.flux.errors import invalid
from influxlite.flux.execute.arrival import table_ranks
from influxlite.flux.execute.block import (
    TABLE,
    Block,
    Tables,
    empty_rows,
    key_frame,
    key_order,
    make_block,
    regroup,
)
from influxlite.flux.execute.faults import of_call
from influxlite.flux.execute.growth import FEW_PAIRS, check_growth
from influxlite.flux.execute.pivoting import side_by_side
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.vectors import constant

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[A], rowKey: [string], columnKey: [string], valueColumn: string) => stream[B]"
    " where A: Record, B: Record"
)
def pivot(run: Run, tables: Tables, row_key: list[str], column_key: list[str], value_column: str) -> Tables:
    """Turn rows into columns: each combination of texts in `columnKey` names a column that holds `valueColumn`.

    Rows with equal `rowKey` become one, where the first of them stood; the last value wins. Kept are the row key and
    the group key without `columnKey`; all else is dropped. `valueColumn` may be of the row key: it tells rows apart.

        array.from(rows: [{_time: 2026-01-10T22:00:00Z, _field: "spo2", _value: 95.0}])
            |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    """
    both = [name for name in row_key if name in column_key]
    if both:
        raise of_call(run, f"column name found in both rowKey and colKey: {both[0]}")
    _check(tables, row_key, column_key, value_column)
    if tables and len(row_key) == len(column_key) == 1 and row_key[0] != value_column:
        whole = side_by_side(tables, column_key[0], row_key[0], value_column)
        if whole is not None:
            return _as_read(_with_empty([whole], tables, row_key, column_key, value_column), tables, column_key)
    parts, keys = [], []
    for block, order in zip(tables, _orders(run, tables), strict=True):
        label = _labels(block, column_key)
        kept = [c for c in block.columns if c not in column_key and c != value_column]
        key = tuple(c for c in block.key if c in kept)
        names = [c for c in kept if c in key or c in row_key]
        columns = {c: block.columns[c] for c in names}
        columns |= {LABEL: "string", VALUE: block.columns[value_column], ORDER: "int"}
        cells = {LABEL: label, VALUE: block.column(value_column), ORDER: order}
        if value_column in row_key:
            columns[ROW], cells[ROW] = "string", _labels(block, [value_column])
        frame = pl.DataFrame({c: block.column(c) for c in names} | cells)
        if frame.height * label.n_unique() > FEW_PAIRS:
            check_growth(run, frame.select([c for c in row_key if c in names]).n_unique(), label.n_unique())
        if frame.height:
            parts.append(Block(columns, (), pl.DataFrame({TABLE: [0]}), frame.with_columns(block.tables)))
            keys.append(key)
    by = [ROW if name == value_column else name for name in row_key]
    pivoted = [_without_row(piece) for group in _by_key(parts, keys) for piece in _pivoted(group, by)]
    return _as_read(_with_empty(pivoted, tables, row_key, column_key, value_column), tables, column_key)


def _with_empty(
    pivoted: Tables, tables: Tables, row_key: list[str], column_key: list[str], value_column: str
) -> Tables:
    """The pivoted tables, and one without rows for each key that only tables without rows have."""
    hollow = [(block, counts == 0) for block in tables if not (counts := block.counts()).all()]
    if not hollow:
        return key_order(pivoted)
    out = list(pivoted)
    known = {_named(block, row) for block in pivoted for row in block.keys.rows()}
    for block, empty in hollow:
        key = [c for c in block.key if c not in (*column_key, value_column)]
        columns = {
            c: kind for c, kind in block.columns.items() if c in key or (c in row_key and c not in (*key, value_column))
        }
        for i in np.flatnonzero(empty).tolist():
            keys = key_frame({c: block.keys[c][i : i + 1] for c in key}, 1)
            made = Block(columns, tuple(key), keys, empty_rows(columns, key))
            name = _named(made, keys.row(0))
            if name not in known:
                known.add(name)
                out.append(made)
    return key_order(out)


def _named(block: Block, row: tuple[object, ...]) -> tuple[tuple[str, object], ...]:
    """A table's key: its columns by name."""
    if not block.key:
        return ()
    return tuple(sorted(zip(block.keys.columns, row, strict=True), key=lambda pair: pair[0]))


def _without_row(block: Block) -> Block:
    """A pivoted block without the texts of the value that told its rows apart."""
    if ROW not in block.columns:
        return block
    columns = {name: kind for name, kind in block.columns.items() if name != ROW}
    return replace(block, columns=columns, rows=block.rows.drop(ROW))


def _as_read(pivoted: Tables, tables: Tables, column_key: Sequence[str]) -> Tables:
    """The new columns in the order of the fields: so the storage reads them, where blocks are of one kind each."""
    if len(tables) < 2 or list(column_key) != ["_field"] or not all("_field" in block.key for block in tables):
        return pivoted
    fields = {name for block in tables for name in block.keys["_field"].to_list()}
    return [
        replace(block, columns={c: block.columns[c] for c in sorted(block.columns, key=lambda c: c * (c in fields))})
        for block in pivoted
    ]


def _orders(run: Run, tables: Tables) -> list[pl.Series]:
    """For each block the place of each row among all rows, in the order in which InfluxDB sees the tables."""
    ranks = table_ranks(run, tables)
    counts = [block.counts() for block in tables]
    rows = np.zeros(sum(map(len, ranks)), dtype=np.int64)
    for rank, count in zip(ranks, counts, strict=True):
        rows[rank] = count
    starts = np.cumsum(rows) - rows
    out = []
    for block, rank, count in zip(tables, ranks, counts, strict=True):
        first = starts[rank] - (np.cumsum(count) - count)
        out.append(pl.Series(ORDER, first[block.tables.to_numpy()] + np.arange(block.rows.height), dtype=pl.Int64()))
    return out


LABEL = "\0label"
VALUE = "\0value"
ORDER = "\0order"
ROW = "\0row"
"""What a value is as a text, where it is of the row key; it is shown nowhere."""


def _check(tables: Tables, row_key: list[str], column_key: list[str], value_column: str) -> None:
    for block in tables:
        for name in row_key:
            if name not in block.columns:
                raise invalid(f"specified row key column does not exist in table: {name}")
        if value_column not in block.columns:
            raise invalid(f"specified value column does not exist in table: {value_column}")
        for name in column_key:
            if name not in block.columns or name == value_column:
                raise invalid(f"specified column does not exist in table: {name}")


def _labels(block: Block, column_key: Sequence[str]) -> pl.Series:
    if not column_key:
        return constant("", block.rows.height, pl.String()).alias(LABEL)
    parts = []
    for i, name in enumerate(column_key):
        vec = block.vec(name)
        if vec.kind == "string":
            parts.append(vec.series.alias(f"p{i}").fill_null("null"))
        else:
            texts = ["null" if v is None else label_text(v) for v in vec.values()]
            parts.append(pl.Series(f"p{i}", texts, dtype=pl.String()))
    return pl.DataFrame(parts).select(pl.concat_str(pl.all(), separator="_").alias(LABEL))[LABEL]


def label_text(value: object) -> str:
    """A value as the name of a column; floats have an exponent."""
    if isinstance(value, float):
        mantissa, exponent = f"{value!r}", 0
        digits = f"{value:.17e}"
        for precision in range(18):
            digits = f"{value:.{precision}e}"
            if float(digits) == value:
                break
        mantissa, _, power = digits.partition("e")
        exponent = int(power)
        return f"{mantissa}E{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return to_text(value)


def _by_key(parts: list[Block], keys: list[tuple[str, ...]]) -> list[list[Block]]:
    """Blocks whose tables have the same key columns; each is regrouped by them on its own."""
    groups: dict[tuple[str, ...], list[Block]] = {}
    for part, key in zip(parts, keys, strict=True):
        groups.setdefault(tuple(sorted(key)), []).append(
            make_block(part.columns, key, pl.DataFrame({c: part.rows[c] for c in part.columns}))
        )
    return list(groups.values())


def _pivoted(blocks: list[Block], row_key: list[str]) -> Tables:
    pieces = [piece for block in blocks for piece in _one_kind(block, row_key)]
    joined = pieces[0]
    for piece in pieces[1:]:
        joined = _join(joined, piece, row_key)
    columns = {name: kind for name, kind in joined.columns.items() if name != ORDER}
    return _drop_foreign(replace(joined, columns=columns, rows=joined.rows.sort(TABLE, ORDER).drop(ORDER)))


def _one_kind(block: Block, row_key: list[str]) -> list[Block]:
    plain = [c for c in row_key if c not in block.key]
    seen: dict[str, None] = dict.fromkeys(block.rows[LABEL].unique(maintain_order=True).to_list())
    first = pl.col(ORDER).min()
    clash = next((c for c in seen if c in block.columns and c != LABEL), None)
    if clash is not None:
        raise invalid(
            f'value "{clash}" appears in a column key column, but a column named "{clash}" already exists; '
            f'consider renaming "{clash}" to something else before pivoting'
        )
    index = [TABLE, *plain]
    cells = [pl.col(VALUE).filter(pl.col(LABEL) == name).last().alias(name) for name in seen]
    if len(seen) > MANY_COLUMNS:
        placed = block.rows.with_columns(first.over(index))
        by = [*index, ORDER]
        wide = placed.pivot(on=LABEL, index=by, values=VALUE, aggregate_function="last", maintain_order=True)
    else:
        wide = block.rows.group_by(index, maintain_order=True).agg(first, *cells)
    wide = wide.sort(TABLE, maintain_order=True)
    kinds = {c: k for c, k in block.columns.items() if c not in (LABEL, VALUE)} | dict.fromkeys(
        seen, block.columns[VALUE]
    )
    return [Block(kinds, block.key, block.keys, wide.select(*(c for c in kinds if c not in block.key), TABLE))]


MANY_COLUMNS = 30


def _join(left: Block, right: Block, row_key: list[str]) -> Block:
    """Rows of equal keys and row keys side by side."""
    both = [c for c in right.columns if c in left.columns]
    for name in both:
        if left.columns[name] != right.columns[name]:
            raise invalid(f'schema collision detected: column "{name}" has two types')
    same = [c for c in both if c not in {*left.key, *row_key, ORDER}]
    key = list(left.key)
    plain = [c for c in row_key if c not in key]
    on = [*key, *plain]
    a = pl.DataFrame({c: left.column(c) for c in left.columns})
    b = pl.DataFrame({c: right.column(c) for c in right.columns})
    a = a.with_columns(pl.lit(0, dtype=pl.Int8()).alias("\0one")) if not on else a
    b = b.with_columns(pl.lit(0, dtype=pl.Int8()).alias("\0one")) if not on else b
    joined = a.join(
        b, on=on or ["\0one"], how="full", coalesce=True, nulls_equal=True, maintain_order="left_right", suffix="\0r"
    )
    for name in same:
        joined = joined.with_columns(pl.coalesce(f"{name}\0r", name).alias(name)).drop(f"{name}\0r")
    joined = joined.with_columns(pl.min_horizontal(ORDER, f"{ORDER}\0r").alias(ORDER))
    columns = {**left.columns, **right.columns}
    return make_block(columns, left.key, joined.select(list(columns)))


def _drop_foreign(block: Block) -> Tables:
    """Tables without the columns that only other tables have: a pivoted table has the columns that its rows named."""
    plain = [c for c in block.columns if c not in block.key]
    if block.table_count < 2:
        return [block]
    return _by_presence(block, plain)


def _by_presence(block: Block, plain: list[str]) -> Tables:
    flags = block.rows.group_by(TABLE, maintain_order=True).agg(pl.col(c).is_not_null().any() for c in plain)
    shapes: dict[tuple[bool, ...], list[int]] = {}
    for row in flags.sort(TABLE).iter_rows():
        shapes.setdefault(tuple(row[1:]), []).append(row[0])
    if len(shapes) == 1:
        return [block]
    out: Tables = []
    for shape, members in shapes.items():
        mask = block.table_numbers().is_in(members)
        part = block.only_tables(mask)
        gone = [c for c, there in zip(plain, shape, strict=True) if not there]
        columns = {c: k for c, k in part.columns.items() if c not in gone}
        out.append(Block(columns, part.key, part.keys, part.rows.drop(gone)))
    return out


__all__ = ["label_text", "pivot", "regroup"]

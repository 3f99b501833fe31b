"""Many tables of one shape, kept as one frame.

A stream of tables is a list of `Block`s. All tables of a block have the same columns and the same group-key columns;
their rows lie one table after another in one polars frame, so that 1,000 small tables cost no more than one.

- `keys` has one row per table: the group key, one column per key column. A table without rows exists here alone.
- `rows` holds the other columns and the table's number (its row in `keys`) in column `TABLE`, ascending; and in some
  blocks the piece that a row came with in column `BUFFER`.

A key column is never stored per row; `column()` makes one where it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from influxlite.flux.errors import SchemaCollision, invalid
from influxlite.flux.values import KINDS
from influxlite.flux.vectors import DTYPES, Vec, constant, scalar

TABLE = "\0table"
BUFFER = "\0buffer"
"""A column of rows that some blocks have: see `influxlite.flux.execute.merging`."""
INDEX = pl.UInt32()


@dataclass(frozen=True, slots=True)
class Block:
    """Tables of one shape; see the module's docstring. Never changed once made."""

    columns: dict[str, str]
    """Column names to kinds, in order, those of the group key included."""
    key: tuple[str, ...]
    keys: pl.DataFrame
    rows: pl.DataFrame
    lacking: tuple[str, ...] = ()
    """Columns of the key that the rows lack: see `influxlite.flux.execute.lacking`."""

    @property
    def table_count(self) -> int:
        """How many tables there are, empty ones included."""
        return self.keys.height

    @property
    def tables(self) -> pl.Series:
        """The number of the table each row belongs to."""
        return self.rows[TABLE]

    def vec(self, name: str) -> Vec:
        """A column as one value per row."""
        return Vec(self.column(name), self.columns[name])

    def column(self, name: str) -> pl.Series:
        """A column as one cell per row, also where it is a group-key column."""
        if name not in self.key:
            return self.rows[name]
        series = self.keys[name]
        if self.table_count == 1:
            return series.new_from_index(0, self.rows.height)
        return series[self.tables]

    def value(self, name: str) -> Any:
        """A column as a Flux value: a constant where it is a group-key column of a single table."""
        if name in self.key and self.table_count == 1:
            return scalar(self.keys[name][0], self.columns[name])
        return self.vec(name)

    def shown(self) -> list[str]:
        """The columns that rows have."""
        return [name for name in self.columns if name not in self.lacking] if self.lacking else list(self.columns)

    def frame(self) -> pl.DataFrame:
        """All columns, key columns included, in order; rows stay where they are."""
        return pl.DataFrame({name: self.column(name) for name in self.columns}) if self.columns else pl.DataFrame()

    def with_rows(self, rows: pl.DataFrame) -> Block:
        """Other rows for the same tables and columns."""
        return replace(self, rows=rows)

    def with_column(self, name: str, series: pl.Series, kind: str) -> Block:
        """A column added, or replaced in its place; not for a group-key column."""
        assert name not in self.key
        return replace(self, columns={**self.columns, name: kind}, rows=self.rows.with_columns(series.alias(name)))

    def counts(self) -> np.ndarray:
        """The number of rows of each table."""
        if self.table_count == 1:
            return np.array([self.rows.height])
        return np.bincount(self.tables.to_numpy(), minlength=self.table_count)

    def table_numbers(self) -> pl.Series:
        """0, 1, 2 … one for each table."""
        return pl.int_range(0, self.table_count, dtype=INDEX, eager=True).alias(TABLE)

    def only_tables(self, keep: np.ndarray | pl.Series) -> Block:
        """The tables for which `keep` (one boolean per table) is true, renumbered."""
        keep = np.asarray(keep)
        if keep.all():
            return self
        tables = self.tables.to_numpy()
        kept = np.flatnonzero(keep)
        if len(kept) and kept[-1] - kept[0] + 1 == len(kept):  # a stretch, of which nothing is copied
            start, stop = np.searchsorted(tables, (kept[0], kept[-1] + 1)).tolist()
            rows = self.rows.slice(start, stop - start)
            keys = self.keys.slice(int(kept[0]), len(kept))
            return replace(self, keys=keys, rows=with_tables(rows, tables[start:stop] - kept[0]))
        rows = np.flatnonzero(keep[tables])
        numbers = (np.cumsum(keep) - 1)[tables[rows]]
        return replace(self, keys=self.keys[kept], rows=with_tables(self.rows[rows], numbers))

    def without_empty(self) -> Block:
        """The tables that hold at least one row."""
        return self.only_tables(self.counts() > 0)

    def slice_tables(self) -> Iterable[Block]:
        """Each table as a block of its own, for the functions that look at one table at a time."""
        counts = self.counts()
        start = 0
        for number, count in enumerate(counts.tolist()):
            rows = self.rows.slice(start, count).with_columns(pl.lit(0, dtype=INDEX).alias(TABLE))
            yield Block(self.columns, self.key, self.keys.slice(number, 1), rows, self.lacking)
            start += count

    def require(self, name: str, what: str) -> str:
        """The kind of column `name`; FluxError in InfluxDB's words where it is missing."""
        kind = self.columns.get(name)
        if kind is None:
            raise invalid(f'{what}: column "{name}" does not exist')
        return kind


Tables = list[Block]
"""A stream of tables that was read."""


def with_columns(rows: pl.DataFrame, *new: pl.Series) -> pl.DataFrame:
    """Rows with further columns, or others of the same names. Unlike polars' own method it starts no query."""
    names = {column.name for column in new}
    return frame_of([*(column for column in rows.get_columns() if column.name not in names), *new])


def frame_of(columns: Sequence[pl.Series]) -> pl.DataFrame:
    """A frame of columns under their own names, which polars' quicker way would not leave to one called ""."""
    if all(column.name for column in columns):
        return pl.DataFrame(columns)
    return pl.DataFrame({column.name: column for column in columns})


def with_tables(rows: pl.DataFrame, numbers: np.ndarray) -> pl.DataFrame:
    """Rows with other numbers of their tables."""
    return with_columns(rows, pl.Series(TABLE, numbers.astype(np.uint32, copy=False)))


def make_block(
    columns: Mapping[str, str], key: Sequence[str], frame: pl.DataFrame, buffers: pl.Series | None = None
) -> Block:
    """A block out of a frame of all columns: rows are put into tables by their key, in order of first appearance."""
    plain = [c for c in columns if c not in key]
    pieces = [] if buffers is None else [buffers.alias(BUFFER)]
    if not key:
        keys = _no_keys()
        nought = constant(0, frame.height, INDEX).alias(TABLE)
        return Block(dict(columns), (), keys, frame_of([*(frame[c] for c in plain), nought, *pieces]))
    numbers, keys = number_tables(frame[list(key)])
    rows = frame_of([numbers.alias(TABLE), *(frame[c] for c in plain), *pieces])
    if not numbers.is_sorted():
        rows = rows.sort(TABLE, maintain_order=True)
    return Block(dict(columns), tuple(key), keys, rows)


def _no_keys() -> pl.DataFrame:
    """The keys of a single table without group key: one row, and a column that nobody asks for to hold it."""
    return pl.DataFrame({TABLE: pl.Series([0], dtype=INDEX)})


def key_frame(columns: Mapping[str, pl.Series], n: int) -> pl.DataFrame:
    """The keys of n tables; a frame without columns would forget how many there are."""
    if columns:
        return pl.DataFrame(dict(columns))
    return pl.DataFrame({TABLE: pl.Series([0] * n, dtype=INDEX)})


FEW_KEYS = 200
"""So many keys are told apart sooner by Python than by Polars, which plans each of its steps."""


def number_tables(keys: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """The table of each row by its key, numbered in order of first appearance, and the different keys."""
    if keys.height <= FEW_KEYS and not any(dtype.is_float() for dtype in keys.dtypes):  # NaN is not equal to itself
        known: dict[tuple[object, ...], int] = {}
        numbers = [known.setdefault(key, len(known)) for key in keys.rows()]
        if len(known) == keys.height:
            return pl.Series(TABLE, numbers, dtype=INDEX), keys
        firsts = {number: row for row, number in reversed(list(enumerate(numbers)))}
        return pl.Series(TABLE, numbers, dtype=INDEX), keys[[firsts[number] for number in range(len(known))]]
    distinct = keys.unique(maintain_order=True)
    if distinct.height == 1:
        return constant(0, keys.height, INDEX), distinct
    numbered = distinct.with_row_index(TABLE).cast({TABLE: INDEX})
    found = keys.join(numbered, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")
    return found[TABLE], distinct


def empty_rows(columns: Mapping[str, str], key: Sequence[str]) -> pl.DataFrame:
    """A frame without rows for the columns outside the key."""
    schema: dict[str, Any] = {n: DTYPES[k] for n, k in columns.items() if n not in key}
    return pl.DataFrame(schema={**schema, TABLE: INDEX})


def regroup(blocks: Sequence[Block], keys_of: Sequence[tuple[str, ...]], *, keep_empty: bool = False) -> Tables:
    """Puts the rows of `blocks` into tables by new keys: `keys_of[i]` names the key columns for block i.

    Tables with one key become one; it has the columns of all that went into it, null where a row had none.
    FluxError where two of them disagree on a column's kind ("schema collision"). Empty tables vanish, unless they are
    kept where the new key is a part of theirs.
    """
    parts: list[Block] = []
    for block, key in zip(blocks, keys_of, strict=True):
        if keep_empty and block.table_count and set(key) <= set(block.key):
            parts.append(_rekey(block, key))
        elif block.rows.height:
            parts.append(_rekey(block, key).without_empty())
    return merge_same_keys(parts)


def buffers_of(block: Block) -> pl.Series:
    """The piece that each row belongs to; a table that knows of none is one."""
    return (block.rows[BUFFER] if BUFFER in block.rows.columns else block.tables).alias(BUFFER)


def one_piece(tables: Sequence[Block]) -> Tables:
    """The tables without their pieces, as those functions leave them that copy rows into a table of their own."""
    return [block.with_rows(block.rows.drop(BUFFER)) if BUFFER in block.rows.columns else block for block in tables]


def _rekey(block: Block, key: tuple[str, ...]) -> Block:
    pieces = buffers_of(block)
    if key == block.key:
        return block.with_rows(with_columns(block.rows, pieces))
    if set(key) <= set(block.key):
        numbers, keys = number_tables(block.keys[list(key)]) if key else (None, _no_keys())
        moved = [block.column(c).alias(c) for c in block.key if c not in key]
        old = block.tables.to_numpy()
        tables = np.zeros(len(old), dtype=np.uint32) if numbers is None else numbers.to_numpy()[old]
        rows = with_tables(with_columns(block.rows, *moved, pieces), tables)
        if (tables[1:] < tables[:-1]).any():
            rows = rows[np.argsort(tables, kind="stable")]
        return Block(block.columns, key, keys, rows)
    return make_block(block.columns, key, block.frame(), pieces)


def merge_same_keys(parts: Sequence[Block]) -> Tables:
    """Joins tables of equal group key over all blocks into one each; blocks that share none stay as they are."""
    if len(parts) < 2:
        return list(parts)
    by_key: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for i, part in enumerate(parts):
        by_key.setdefault(tuple(sorted((k, part.columns[k]) for k in part.key)), []).append(i)
    if len(by_key) == len(parts):
        return list(parts)
    out: Tables = []
    try:
        for members in by_key.values():
            out += [parts[members[0]]] if len(members) == 1 else _merge([parts[i] for i in members])
    except SchemaCollision as problem:
        problem.parts = list(parts)
        raise
    return out


def _merge(parts: list[Block]) -> Tables:
    key = parts[0].key
    if not key:
        return [_stack(parts)]
    order = sorted(key)
    seen = pl.concat([p.keys.select(order).with_columns(pl.lit(i).alias("\0part")) for i, p in enumerate(parts)])
    owners = seen.group_by(order, maintain_order=True).agg(pl.col("\0part"))
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, members in enumerate(owners["\0part"].to_list()):
        groups.setdefault(tuple(dict.fromkeys(members)), []).append(row)
    out: Tables = []
    for members, rows in groups.items():
        wanted = owners.select(order)[rows]
        chosen = [_restrict(parts[m], wanted) for m in members]
        out.append(_stack(chosen) if len(chosen) > 1 else chosen[0])
    return out


def _restrict(part: Block, wanted: pl.DataFrame) -> Block:
    if wanted.height == part.table_count:
        return part
    marked = part.keys.join(wanted.with_columns(pl.lit(True).alias("\0in")), on=wanted.columns, how="left",
                            nulls_equal=True, maintain_order="left")  # fmt: skip
    return part.only_tables(marked["\0in"].fill_null(False).to_numpy())


def _stack(parts: list[Block]) -> Block:
    """Tables of the same keys on top of each other, in the order of `parts`."""
    columns: dict[str, str] = {}
    for part in parts:
        for name, kind in part.columns.items():
            if columns.setdefault(name, kind) != kind:
                both = f"{kind} and {columns[name]}"
                raise SchemaCollision(f'schema collision detected: column "{name}" is both of type {both}')
    key = parts[0].key
    plain = [c for c in columns if c not in key]
    parts = _numbered_buffers(parts)
    if not key:
        rows = pl.concat([_padded(p.rows, plain, columns) for p in parts])
        return Block(columns, (), _no_keys(), rows)
    order = list(key)
    numbered = pl.concat([p.keys.select(order) for p in parts]).unique(maintain_order=True)
    with_number = numbered.with_row_index(TABLE).cast({TABLE: INDEX})
    frames = []
    for part in parts:
        numbers = part.keys.select(order).join(
            with_number, on=order, how="left", nulls_equal=True, maintain_order="left"
        )
        rows = _padded(part.rows, plain, columns)
        frames.append(rows.with_columns(numbers[TABLE].gather(part.tables).alias(TABLE)))
    rows = pl.concat(frames).sort(TABLE, maintain_order=True)
    return Block(columns, key, numbered, rows)


def _numbered_buffers(parts: list[Block]) -> list[Block]:
    """The blocks with their pieces numbered through."""
    before, out = 0, []
    for part in parts:
        pieces = buffers_of(part)
        out.append(part.with_rows(part.rows.with_columns((pieces + before).cast(INDEX).alias(BUFFER))))
        before += int(pieces.max() or 0) + 1  # type: ignore[arg-type]
    return out


def _padded(rows: pl.DataFrame, plain: list[str], columns: Mapping[str, str]) -> pl.DataFrame:
    missing = [pl.lit(None, dtype=DTYPES[columns[c]]).alias(c) for c in plain if c not in rows.columns]
    return rows.with_columns(missing).select(*plain, TABLE, BUFFER)


def key_order(tables: Sequence[Block]) -> Tables:
    """Tables in the order of their group keys, as InfluxDB gives those that it has collected under their keys.

    Keys are compared column by column in the order of the names; null comes first, and of two names the greater.
    """
    ordered = [_in_key_order(block) for block in tables if block.table_count]
    if len(ordered) < 2:
        return ordered
    names = sorted(ordered[0].key)
    kinds = [ordered[0].columns[name] for name in names]
    if all(sorted(block.key) == names and [block.columns[n] for n in names] == kinds for block in ordered):
        places = {id(block): [block.keys.get_column_index(name) for name in names] for block in ordered}
        return arrange(ordered, lambda table: [(table[1][i] is not None, table[1][i]) for i in places[id(table[0])]])
    return arrange(ordered, _comparable)


def arrange(tables: Sequence[Block], key: Callable[[tuple[Block, tuple[Any, ...]]], Any]) -> Tables:
    """Tables in the order of `key` (of a block and a row of its keys); each block's are in that order already.

    A block whose tables do not follow one on another is cut to pieces.
    """
    if sum(block.table_count for block in tables) > MOST_ARRANGED:
        return sorted(tables, key=lambda block: key((block, block.keys.row(0))))
    places = [
        (key((block, row)), number, i) for number, block in enumerate(tables) for i, row in enumerate(block.keys.rows())
    ]
    places.sort(key=lambda place: place[0])
    out: Tables = []
    runs: list[list[int]] = []
    for _, number, i in places:
        if runs and runs[-1][0] == number and runs[-1][2] == i:
            runs[-1][2] += 1
        else:
            runs.append([number, i, i + 1])
    for number, first, end in runs:
        numbers = np.arange(tables[number].table_count)
        out.append(tables[number].only_tables((numbers >= first) & (numbers < end)))
    return out


def key_places(tables: Sequence[Block]) -> list[tuple[int, int]]:
    """The tables of all blocks in the order of their keys: the number of the block and that of the table in it."""
    found = [(block, row, number, i) for number, block in enumerate(tables) for i, row in enumerate(block.keys.rows())]
    found.sort(key=lambda place: _comparable(place[:2]))
    return [place[2:] for place in found]


MOST_ARRANGED = 10_000
"""So many tables are put in order one by one."""
FEW_IN_ORDER = 1_000
"""So many tables are looked through sooner than sorted."""


def _in_key_order(block: Block) -> Block:
    if block.table_count < 2 or _ascends(block):
        return block
    order = block.keys.select(pl.arg_sort_by(*sorted(block.key), maintain_order=True, nulls_last=False)).to_series()
    return reorder(block, order)


def _ascends(block: Block) -> bool:
    """Whether few tables stand in the order of their keys, which they mostly do; False where that is not told."""
    if block.table_count > FEW_IN_ORDER:
        return False
    cells = [block.keys[name].to_list() for name in sorted(block.key)]
    rows = list(zip(*(column for column in cells if column.count(column[0]) < len(column)), strict=True))
    try:
        return all(a <= b for a, b in pairwise(rows))
    except TypeError:  # a null among them
        return False


def reorder(block: Block, order: pl.Series) -> Block:
    """The tables of a block in another order: `order` holds the numbers of the first, the second … table."""
    numbers = order.to_numpy()
    if (numbers[1:] >= numbers[:-1]).all():
        return block
    moved = np.empty(len(numbers), dtype=np.uint32)
    moved[numbers] = np.arange(len(numbers), dtype=np.uint32)
    tables = moved[block.tables.to_numpy()]
    places = np.argsort(tables, kind="stable")
    return replace(block, keys=block.keys[numbers], rows=with_tables(block.rows[places], tables[places]))


@cmp_to_key
def _comparable(first: tuple[Block, tuple[Any, ...]], second: tuple[Block, tuple[Any, ...]]) -> int:
    """How the keys of tables of two blocks compare."""
    (a, a_row), (b, b_row) = first, second
    for one, other in zip(sorted(a.key), sorted(b.key), strict=False):
        if one != other:
            return -1 if one > other else 1
        left, right = a_row[a.keys.get_column_index(one)], b_row[b.keys.get_column_index(other)]
        kinds = KINDS.index(a.columns[one]), KINDS.index(b.columns[one])
        if kinds[0] != kinds[1]:
            return kinds[0] - kinds[1]
        if left != right:
            return -1 if left is None or (right is not None and left < right) else 1
    return len(a.key) - len(b.key)

"""Cutting tables into windows of time, and filling the empty ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import (
    INDEX,
    TABLE,
    Block,
    Tables,
    frame_of,
    key_order,
    merge_same_keys,
    number_tables,
    with_columns,
)
from influxlite.flux.execute.growth import check_growth
from influxlite.flux.vectors import DTYPES
from influxlite.flux.windows import MAX_TIME, MAX_WINDOWS, MIN_TIME, Window, clipped

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def cut(
    run: Run,
    tables: Tables,
    window: Window,
    bounds: tuple[int, int],
    time_column: str,
    start_column: str,
    stop_column: str,
    create_empty: bool,
) -> Tables:
    """Each table as one table per window of `bounds`; see the function `window` of Flux.

    As in InfluxDB a time that is null counts as 1970. FluxError where the column lacks or holds no times.
    """
    out: Tables = []
    if bounds[0] >= bounds[1]:
        return out
    for block in tables:
        if time_column not in block.columns:
            raise FluxError("failed precondition", f'missing time column "{time_column}"')
        if block.rows.height and block.columns[time_column] != "time":
            what = f'time column "{time_column}" is of type {block.columns[time_column]}'
            raise FluxError("internal error", what)
        if block.table_count:
            out.append(_cut(run, block, window, bounds, time_column, (start_column, stop_column), create_empty))
    return key_order(merge_same_keys([b for b in out if b.table_count]))


def _cut(
    run: Run,
    block: Block,
    window: Window,
    bounds: tuple[int, int],
    time_column: str,
    names: tuple[str, str],
    create_empty: bool,
) -> Block:
    if window.infinite and not create_empty:
        return _whole(block, bounds, names)
    times = block.column(time_column)
    if times.null_count():
        times = times.fill_null(0)
    if window.fixed and window.period == window.every and not window.infinite and block.columns[time_column] == "time":
        regular = _regular(block, times.to_numpy(), window, bounds, names, create_empty)
        if regular is not None:
            return regular
    check_growth(run, min(window.places(times), MAX_WINDOWS * len(times)), len(block.columns))
    row, starts, stops = window.assign(times, *bounds)
    parts = pl.DataFrame({"t": block.tables.gather(row), "a": starts, "b": stops, "row": row})
    spans = ["t", "a", "b"]
    wanted = parts.select(spans)
    if create_empty:  # those of rows beside: rows outside the range are in the range, and where `inf` is empty in time
        wanted = pl.concat([_all_windows(block, window, bounds), wanted])
    wanted = wanted.unique().sort(spans)
    numbered = wanted.with_columns(pl.int_range(pl.len(), dtype=INDEX).alias(TABLE))
    placed = parts.join(numbered, on=spans, how="inner", maintain_order="left").sort(TABLE, "row")
    keys = block.keys[wanted["t"].to_list()] if block.table_count > 1 else block.keys[[0] * wanted.height]
    rows = block.rows[placed["row"].to_list()] if len(placed) != len(times) or not _in_order(placed) else block.rows
    return _without_twins(_windows(block, names, keys, (wanted["a"], wanted["b"]), rows, placed[TABLE]))


def _windows(
    block: Block,
    names: tuple[str, str],
    keys: pl.DataFrame,
    spans: tuple[pl.Series, pl.Series],
    rows: pl.DataFrame,
    tables: pl.Series,
) -> Block:
    """Tables with windows in their keys: `keys` are those of before, `tables` those of the rows."""
    start, stop = names
    key = tuple(dict.fromkeys((*block.key, start, stop)))
    if {start, stop} <= {*block.columns} - {*block.key}:  # columns of the rows become the key's where they stand
        key = tuple(name for name in block.columns if name in key)
    keys = with_columns(keys, spans[0].alias(start), spans[1].alias(stop))
    plain = [column for column in rows.get_columns() if column.name not in (start, stop, TABLE)]
    rows = frame_of([*plain, tables.alias(TABLE)])
    return Block({**block.columns, start: "time", stop: "time"}, key, keys[list(key)], rows)


def _whole(block: Block, bounds: tuple[int, int], names: tuple[str, str]) -> Block:
    """All of a table's rows in one window."""
    block = block.without_empty()
    spans = [pl.Series([edge], dtype=pl.Int64()).new_from_index(0, block.table_count) for edge in bounds]
    return _without_twins(_windows(block, names, block.keys, (spans[0], spans[1]), block.rows, block.tables))


def _regular(
    block: Block,
    times: np.ndarray,
    window: Window,
    bounds: tuple[int, int],
    names: tuple[str, str],
    create_empty: bool,
) -> Block | None:
    """Windows of one length that follow each other, where all rows lie in the range; None where some do not."""
    every, base = window.every.ns, window.latest_start(bounds[0])
    n = -((base - bounds[1]) // every)
    if n > MAX_WINDOWS or base < MIN_TIME or base + n * every > MAX_TIME:
        return None
    if len(times) and (times.min() < bounds[0] or times.max() >= bounds[1]):
        return None
    place = block.tables.to_numpy() * np.int64(n) + (times - base) // every
    rows = block.rows
    if (place[1:] < place[:-1]).any():
        order = np.argsort(place, kind="stable")
        place, rows = place[order], rows[order]
    if create_empty:
        wanted, tables = np.arange(block.table_count * n), place
    else:
        firsts = np.append(True, place[1:] != place[:-1])[: len(place)]
        wanted, tables = place[firsts], np.cumsum(firsts) - 1
    old = wanted // n
    begins = base + (wanted - old * n) * every
    keys = block.keys[old]
    spans = pl.Series(np.clip(begins, *bounds)), pl.Series(np.clip(begins + every, *bounds))
    made = _windows(block, names, keys, spans, rows, pl.Series(tables, dtype=INDEX))
    alone = block.table_count == 1 or {*names}.isdisjoint(block.key)
    return made if alone else _without_twins(made)


def _without_twins(block: Block) -> Block:
    """Tables whose keys became equal joined to one."""
    numbers, distinct = number_tables(block.keys)
    if distinct.height == block.table_count:
        return block
    moved = numbers[block.tables]
    rows = with_columns(block.rows, moved.alias(TABLE))
    return Block(
        block.columns, block.key, distinct, rows if moved.is_sorted() else rows.sort(TABLE, maintain_order=True)
    )


def _in_order(placed: pl.DataFrame) -> bool:
    return placed["row"].is_sorted()


def _all_windows(block: Block, window: Window, bounds: tuple[int, int]) -> pl.DataFrame:
    numbers = pl.DataFrame({"t": block.table_numbers()})
    if window.infinite:
        return numbers.with_columns(a=pl.lit(MIN_TIME, dtype=pl.Int64()), b=pl.lit(MAX_TIME, dtype=pl.Int64()))
    starts, stops = clipped(window, *bounds, lost=bounds[1])
    frame = pl.DataFrame({"a": starts, "b": stops}, schema={"a": pl.Int64(), "b": pl.Int64()})
    return numbers.join(frame, how="cross")


def fill_empty(tables: Tables) -> Tables:
    """Gives each table without rows one row of nulls (the group key is there as always)."""
    out: Tables = []
    for block in tables:
        empty = block.table_numbers().filter(pl.Series(block.counts() == 0))
        if not len(empty):
            out.append(block)
            continue
        plain = [c for c in block.columns if c not in block.key]
        nulls = pl.DataFrame({TABLE: empty}).with_columns(
            pl.lit(None, dtype=DTYPES[block.columns[c]]).alias(c) for c in plain
        )
        rows = pl.concat([block.rows.select(*plain, TABLE), nulls.select(*plain, TABLE)])
        out.append(block.with_rows(rows.sort(TABLE, maintain_order=True)))
    return out

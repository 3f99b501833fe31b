"""Cutting tables into windows of time, and filling the empty ones."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables, key_order, merge_same_keys, number_tables
from influxlite.flux.vectors import DTYPES
from influxlite.flux.windows import MAX_TIME, MIN_TIME, Window, clipped


def cut(
    tables: Tables,
    window: Window,
    bounds: tuple[int, int],
    time_column: str,
    start_column: str,
    stop_column: str,
    create_empty: bool,
) -> Tables:
    """Each table as one table per window of `bounds`; see the function `window` of Flux."""
    out: Tables = []
    if bounds[0] >= bounds[1]:
        return out
    for block in tables:
        if time_column not in block.columns:
            raise FluxError("failed precondition", f'missing time column "{time_column}"')
        if block.table_count:
            out.append(_cut(block, window, bounds, time_column, (start_column, stop_column), create_empty))
    return key_order(merge_same_keys([b for b in out if b.table_count]))


def _cut(
    block: Block, window: Window, bounds: tuple[int, int], time_column: str, names: tuple[str, str], create_empty: bool
) -> Block:
    start, stop = names
    times = block.column(time_column)
    if times.null_count():
        block = block.with_rows(block.rows.filter(times.is_not_null()))
        times = times.drop_nulls()
    row, starts, stops = window.assign(times, *bounds)
    parts = pl.DataFrame({"t": block.tables.gather(row), "a": starts, "b": stops, "row": row})
    spans = ["t", "a", "b"]
    wanted = _all_windows(block, window, bounds) if create_empty else parts.select(spans)
    wanted = wanted.unique().sort(spans)
    numbered = wanted.with_columns(pl.int_range(pl.len(), dtype=INDEX).alias(TABLE))
    placed = parts.join(numbered, on=spans, how="inner", maintain_order="left").sort(TABLE, "row")
    keys = block.keys[wanted["t"].to_list()] if block.table_count > 1 else block.keys[[0] * wanted.height]
    keys = keys.with_columns(wanted["a"].alias(start), wanted["b"].alias(stop))
    key = tuple(dict.fromkeys((*block.key, start, stop)))
    rows = block.rows[placed["row"].to_list()] if len(placed) != len(times) or not _in_order(placed) else block.rows
    rows = rows.drop(start, stop, strict=False).with_columns(placed[TABLE])
    columns = {**block.columns, start: "time", stop: "time"}
    return _without_twins(Block(columns, key, keys.select(key), rows))


def _without_twins(block: Block) -> Block:
    """Tables whose keys became equal joined to one."""
    numbers, distinct = number_tables(block.keys)
    if distinct.height == block.table_count:
        return block
    moved = numbers.gather(block.tables)
    rows = block.rows.with_columns(moved.alias(TABLE))
    return Block(block.columns, block.key, distinct, rows.sort(TABLE, maintain_order=True))


def _in_order(placed: pl.DataFrame) -> bool:
    return placed["row"].is_sorted()


def _all_windows(block: Block, window: Window, bounds: tuple[int, int]) -> pl.DataFrame:
    numbers = pl.DataFrame({"t": block.table_numbers()})
    if window.infinite:
        return numbers.with_columns(a=pl.lit(MIN_TIME, dtype=pl.Int64()), b=pl.lit(MAX_TIME, dtype=pl.Int64()))
    starts, stops = clipped(window, *bounds)
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

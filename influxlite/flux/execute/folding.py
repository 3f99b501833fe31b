"""aggregateWindow of count, mean or sum as InfluxDB does it: as one step, table by table, not by `window` and others.

Each table is cut by the times of its own rows, also of those that lie outside the range: the windows of these are cut
to the range's first instant. What a window holds are the rows between the edges that it has then. Only the answers of
a table get the range into their group key, so that tables of different windows become one, with the rows of all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import Block, Tables, key_order, make_block, merge_same_keys
from influxlite.flux.execute.growth import check_growth
from influxlite.flux.vectors import DTYPES
from influxlite.flux.windows import MAX_TIME, MIN_TIME, Window, clipped

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@dataclass(frozen=True, slots=True)
class Fold:
    """What the step is asked for: `answer` is count, mean or sum, `bounds` the range."""

    window: Window
    bounds: tuple[int, int]
    answer: str
    column: str
    use_start: bool
    create_empty: bool


def check_columns(tables: Tables, column: str, answer: str) -> None:
    """FluxError, in the words of this step, where the columns are not there or hold something else."""
    for block in tables:
        if "_time" not in block.columns:
            raise FluxError("failed precondition", "no time column: _time")
        if block.columns["_time"] != "time":
            raise FluxError("failed precondition", f"time column is not a time value: {block.columns['_time']}")
        if column not in block.columns:
            raise FluxError("failed precondition", f'column "{column}" does not exist')
        if column in block.key:
            raise FluxError("failed precondition", "cannot aggregate columns that are part of the group key")
        kind = block.columns[column]
        if answer != "count" and kind not in ("float", "int", "uint"):
            raise invalid(f"unsupported aggregate column type {kind}")


def is_plain(tables: Tables, bounds: tuple[int, int], *, create_empty: bool) -> bool:
    """Whether `window` and an aggregate give the same: rows are in the range, tables have rows, and none become one."""
    keys: set[tuple[Any, ...]] = set()
    for block in tables:
        times = block.column("_time")
        if times.null_count() or (len(times) and (times.min() < bounds[0] or times.max() >= bounds[1])):  # type: ignore[operator]
            return False
        if not create_empty and not block.counts().all():
            return False
        others = sorted(set(block.key) - {"_start", "_stop"})
        if len(others) < len(block.key) and not _of_range(block, bounds):
            rows = block.keys[others].rows() if others else [()] * block.table_count
            own = {(*others, *row) for row in rows}
            if len(own) < block.table_count or own & keys:
                return False
            keys |= own
    return True


def _of_range(block: Block, bounds: tuple[int, int]) -> bool:
    """Whether the windows in the key are the range itself."""
    return all(
        name not in block.key or bool((block.keys[name] == edge).all())
        for name, edge in zip(("_start", "_stop"), bounds, strict=True)
    )


def fold(run: Run, tables: Tables, how: Fold) -> Tables:
    """The answers, their tables in the order of their keys; columns: the group key, `_time`, and the column."""
    return key_order(merge_same_keys([_folded(run, block, how) for block in tables if block.table_count]))


def _folded(run: Run, block: Block, how: Fold) -> Block:
    window, bounds = how.window, how.bounds
    kind = {"count": "int", "mean": "float"}.get(how.answer, block.columns[how.column])
    block = _by_time(block)
    times = block.column("_time").fill_null(0)
    check_growth(run, window.places(times), len(block.columns))
    row, starts, stops = window.assign(times, MIN_TIME, MAX_TIME)
    windows = pl.DataFrame({"t": block.tables.gather(row), "a": starts, "b": stops}).unique().sort("t", "a", "b")
    a, b = _cut(windows["a"].to_numpy(), windows["b"].to_numpy(), bounds)
    of_table = np.searchsorted(windows["t"].to_numpy(), np.arange(block.table_count + 1))
    offsets = np.searchsorted(block.tables.to_numpy(), np.arange(block.table_count + 1))
    wanted = None
    if how.create_empty:
        edges = clipped(window, *bounds, lost=bounds[0])
        wanted = np.array(edges[0] if how.use_start else edges[1], dtype=np.int64)
        check_growth(run, len(wanted) * block.table_count, len(block.columns))
    values = block.rows[how.column]
    numbers: list[int] = []
    spots: list[np.ndarray] = []
    answers: list[Any] = []
    for table in range(block.table_count):
        rows, mine = slice(offsets[table], offsets[table + 1]), slice(of_table[table], of_table[table + 1])
        found = _answers(times.to_numpy()[rows], values[rows], a[mine], b[mine], how.answer)
        at = (a if how.use_start else b)[mine]
        if wanted is not None:
            found, at = _all_windows(at, found, wanted, 0 if how.answer == "count" else None), wanted
        numbers += [table] * len(at)
        spots.append(at)
        answers += found
    return _block(block, kind, how, numbers, np.concatenate(spots), answers)


def _by_time(block: Block) -> Block:
    """Tables whose rows are out of order sorted by time; those rows that have none are lost then."""
    times, tables = block.column("_time"), block.tables.to_numpy()
    raw = times.fill_null(0).to_numpy()
    falls = tables[1:][(raw[1:] < raw[:-1]) & (tables[1:] == tables[:-1])]
    if not len(falls):
        return block
    lost = np.isin(tables, falls) & times.is_null().to_numpy()
    order = np.lexsort((np.where(np.isin(tables, falls), raw, 0), tables))
    return block.with_rows(block.rows[order[~lost[order]]])


def _cut(a: np.ndarray, b: np.ndarray, bounds: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    start, stop = bounds
    outside = (b <= start) | (a >= stop)
    return np.where(outside, start, a.clip(start, stop)), np.where(outside, start, b.clip(start, stop))


def _answers(times: np.ndarray, values: pl.Series, a: np.ndarray, b: np.ndarray, answer: str) -> list[Any]:
    """The answer of each window of a table."""
    firsts = np.searchsorted(times, a)
    ends = np.maximum(np.searchsorted(times, b), firsts)
    if answer == "count":
        return (ends - firsts).tolist()
    valid, some_null = values.is_not_null().to_numpy(), bool(values.null_count())
    cells = values.fill_null(0).to_numpy()
    out: list[Any] = []
    for first, end in zip(firsts.tolist(), ends.tolist(), strict=True):
        count = int(np.count_nonzero(valid[first:end]))
        if count:
            total = cells[first:end].sum().item() + 0
            out.append(total / count if answer == "mean" else total)
        else:
            out.append(None if some_null or answer == "mean" else 0)
    return out


def _all_windows(at: np.ndarray, found: list[Any], wanted: np.ndarray, none: int | None) -> list[Any]:
    """The answers at all windows of the range: those that were found are looked for one after the other."""
    out: list[Any] = []
    place, there = 0, at.tolist()
    for spot in wanted.tolist():
        if place < len(there) and there[place] == spot:
            out.append(found[place])
            place += 1
        else:
            out.append(none)
    return out


def _block(block: Block, kind: str, how: Fold, numbers: list[int], at: np.ndarray, answers: list[Any]) -> Block:
    """The answers as tables, with the range in their keys."""
    spans = dict(zip(("_start", "_stop"), how.bounds, strict=True))
    key = tuple(dict.fromkeys((*block.key, *spans)))
    columns = {name: "time" if name in spans else block.columns[name] for name in key}
    edges = [pl.lit(edge, dtype=pl.Int64()).alias(name) for name, edge in spans.items()]
    keys = block.keys.with_columns(edges).select(key)
    rows = keys[numbers].with_columns(
        pl.Series("_time", at, dtype=pl.Int64()), pl.Series(how.column, answers, dtype=DTYPES[kind])
    )
    made = make_block({**columns, "_time": "time", how.column: kind}, key, rows)
    known = set(made.keys.rows())
    hollow = [i for i, row in enumerate(keys.rows()) if row not in known]
    if not hollow:
        return made
    return replace(made, keys=pl.concat([made.keys, keys[hollow].unique(maintain_order=True)]))

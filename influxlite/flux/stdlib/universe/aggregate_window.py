"""aggregateWindow: one row per window of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Block, Tables, key_order, merge_same_keys, one_piece
from influxlite.flux.execute.windowing import cut, fill_empty, of_rows_outside, without_rows
from influxlite.flux.functions import Function
from influxlite.flux.plan.rules.push_window import plain_name
from influxlite.flux.plan.steps import Step, Stream
from influxlite.flux.plan.storage_order import FOLDED, PUSHED
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.stdlib.universe.duplicate import duplicate
from influxlite.flux.values import INFINITE, ZERO, Duration, Record, type_name
from influxlite.flux.windows import Window

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

SIGNATURE = (
    "(<-tables: stream[D], every: duration, ?period: duration, fn: (<-: stream[B], column: A) => stream[C],"
    " ?offset: duration, ?location: {zone: string, offset: duration}, ?column: A, ?timeSrc: string, ?timeDst: string,"
    " ?createEmpty: bool) => stream[E] where B: Record, C: Record, D: Record, E: Record"
)


@transformation(SIGNATURE)
def aggregate_window(
    run: Run,
    tables: Tables,
    every: Duration,
    fn: Function,
    period: Duration = ZERO,
    offset: Duration = ZERO,
    location: Record | None = None,
    column: str = "_value",
    time_src: str = "_stop",
    time_dst: str = "_time",
    create_empty: bool = True,
) -> Tables:
    """Cut tables into windows (see `window`), apply `fn` to each, and join the answers of a table again.

    Rows outside the range, as a window before may have left them at its end, do not count for count, mean and sum with
    `_start` or `_stop` as `_time`, which InfluxDB makes one step.
    `timeDst` gets the window's `timeSrc`, by default its end. With `createEmpty` windows without rows give what `fn`
    makes of no rows: 0 for count, null for others. `every: inf` makes one window of the range.
    Without it those three leave a table that has no rows as it is.

        array.from(rows: [{_time: 2026-01-10T22:10:00Z, _value: 1.0}])
            |> range(start: 2026-01-10T22:00:00Z, stop: 2026-01-10T23:00:00Z)
            |> aggregateWindow(every: 30m, fn: mean)
    """
    bounds = run.current_bounds()
    if bounds is None:
        raise invalid(
            "failed to initialize execute state: nil bounds passed to window; use range to set the window range"
        )
    windows = Window(every, every if period.is_zero else period, offset, run.location(location))
    if windows.infinite and run.current_is_of_storage():
        create_empty = False
    sparse = run.current_is_one_step() and not create_empty
    empty = without_rows(tables, bounds) if sparse else []
    apart = of_rows_outside(tables, windows, bounds) if sparse else ([], [], [])
    if run.current_is_one_step():
        tables = [_inside(block, bounds) for block in tables]
    pieces = one_piece(cut(run, tables, windows, bounds, "_time", "_start", "_stop", create_empty))
    if apart[1]:
        pieces = key_order(merge_same_keys([*pieces, *apart[1]]))
    answer = run.call(fn, {fn.pipe_name(): run.held(pieces), "column": column})
    if not isinstance(answer, Stream):
        raise invalid(f"fn must return a stream of tables, got {type_name(answer)}")
    pieces = run.tables(answer)
    if create_empty and _forced(run, answer.step, windows):
        pieces = [_without(block, "_time") for block in pieces]
    if create_empty:
        pieces = fill_empty(pieces)

    def joined(windowed: Tables) -> Tables:
        timed = duplicate.python(windowed, time_src, time_dst)
        return cut(run, timed, Window(INFINITE, INFINITE), bounds, time_dst, "_start", "_stop", False)

    def folded(windowed: Tables) -> Tables:
        return run.tables(run.call(fn, {fn.pipe_name(): run.held(windowed), "column": column})) if windowed else []

    done = joined(pieces)
    before, behind = (joined(folded(windowed)) for windowed in (apart[0], apart[2]))
    if sparse:
        done = merge_same_keys([*before, *done, *behind])
        if plain_name(run, fn) == "sum" and not any(block.rows[column].null_count() for block in tables):
            done = [block.with_rows(block.rows.with_columns(pl.col(column).fill_null(0))) for block in done]
    if not empty:
        return key_order(done)
    hollow = duplicate.python([block.with_rows(block.rows.clear()) for block in folded(empty)], time_src, time_dst)
    return key_order(merge_same_keys([*done, *hollow]))


def _forced(run: Run, step: Step, windows: Window) -> bool:
    """Whether InfluxDB's storage selects, and for the sake of empty windows hands out values without their times."""
    parent = step.parent()
    selects = step.package == "universe" and step.name in PUSHED - FOLDED
    alone = parent is not None and parent.name == "held" and step.arguments.get("column", "_value") == "_value"
    return selects and alone and not windows.infinite and run.current_is_of_storage()


def _without(block: Block, name: str) -> Block:
    """The tables without a column that is not of their key."""
    columns = {column: kind for column, kind in block.columns.items() if column != name}
    return Block(columns, block.key, block.keys, block.rows.drop(name, strict=False))


def _inside(block: Block, bounds: tuple[int, int]) -> Block:
    """The rows in the range."""
    if block.columns.get("_time") != "time":
        return block
    times = block.column("_time")
    inside = (times >= bounds[0]) & (times < bounds[1])
    if times.null_count():
        inside = inside.fill_null(False)
    return block if inside.all() else block.with_rows(block.rows.filter(inside))

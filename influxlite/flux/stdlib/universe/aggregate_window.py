"""aggregateWindow: one row per window of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.aggregates import storage_adds
from influxlite.flux.execute.block import Block, Tables, one_piece
from influxlite.flux.execute.folding import Fold, check_columns, fold, is_plain
from influxlite.flux.execute.windowing import cut, fill_empty
from influxlite.flux.functions import Function
from influxlite.flux.plan.rules.push_window import plain_name
from influxlite.flux.plan.steps import Step, Stream
from influxlite.flux.plan.storage_order import FOLDED, PUSHED
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.stdlib.universe.duplicate import duplicate
from influxlite.flux.values import INFINITE, ZERO, Duration, Record, type_name
from influxlite.flux.windows import Window, cut_to_one

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

    Count, mean and sum with `_start` or `_stop` as `_time` are one step in InfluxDB: see
    `influxlite.flux.execute.folding` for what follows where rows lie outside the range or tables become one.
    `timeDst` gets the window's `timeSrc`, by default its end. With `createEmpty` windows without rows give what `fn`
    makes of no rows: 0 for count, null for others. `every: inf` makes one window of the range.

        array.from(rows: [{_time: 2026-01-10T22:10:00Z, _value: 1.0}])
            |> range(start: 2026-01-10T22:00:00Z, stop: 2026-01-10T23:00:00Z)
            |> aggregateWindow(every: 30m, fn: mean)
    """
    bounds = run.current_bounds()
    if bounds is None:
        what = "failed to initialize execute state: nil bounds passed to window; use range to set the window range"
        raise FluxError("invalid", what, placed=True)
    windows = Window(every, every if period.is_zero else period, offset, run.location(location))
    if windows.infinite and run.current_is_of_storage():
        create_empty = False
    if run.current_is_one_step():
        answer = plain_name(run, fn) or ""
        if answer != "count":
            storage_adds(run, tables, column, answer)
        check_columns(tables, column, answer)
        plain = is_plain(tables, bounds, create_empty=create_empty)
        if not plain or cut_to_one(windows, *bounds):
            return fold(run, tables, Fold(windows, bounds, answer, column, time_src == "_start", create_empty))
    pieces = one_piece(cut(run, tables, windows, bounds, "_time", "_start", "_stop", create_empty))
    answered = run.call_for_step(fn, {fn.pipe_name(): run.held(pieces), "column": column})
    if not isinstance(answered, Stream):
        raise invalid(f"fn must return a stream of tables, got {type_name(answered)}")
    pieces = run.tables(answered)
    if create_empty and _forced(run, answered.step, windows):
        pieces = [_without(block, "_time") for block in pieces]
    if create_empty:
        pieces = fill_empty(pieces)
    timed = duplicate.python(pieces, time_src, time_dst)
    return cut(run, timed, Window(INFINITE, INFINITE), bounds, time_dst, "_start", "_stop", False)


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

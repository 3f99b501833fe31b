"""Keeping rows by a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Block, Tables
from influxlite.flux.execute.rows import by_storage, call_on_rows, row_function, truth
from influxlite.flux.values import type_name

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.functions import Function


def filter_tables(
    run: Run, tables: Tables, fn: Function, *, keep_empty: bool = False, in_storage: bool = False
) -> Tables:
    """The rows for which `fn` is true; with `in_storage` as InfluxDB's storage decides it."""
    out: Tables = []
    for block in tables:
        judged = block.rows.height or not in_storage  # of no rows, too, types have to fit
        kept = _filtered(run, block, fn, in_storage) if judged else block
        kept = kept if keep_empty else kept.without_empty()
        if kept.table_count:
            out.append(kept)
    return out


def _filtered(run: Run, block: Block, fn: Function, in_storage: bool) -> Block:
    with by_storage(run, in_storage), row_function(run, "filter", fn):
        answer = call_on_rows(run, fn, block)
    if answer is not None and type_name(answer) != "bool":
        raise invalid(f"type conflict: bool != {type_name(answer)}")
    mask = truth(answer, block.rows.height)
    return block if mask.all() else block.with_rows(block.rows.filter(mask))

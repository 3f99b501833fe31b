"""Keeping rows by a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import FluxError, OperandsError
from influxlite.flux.execute.block import Block, Tables
from influxlite.flux.execute.rows import call_on_rows, row_function, truth
from influxlite.flux.operators import ARITHMETIC

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.functions import Function


def filter_tables(run: Run, tables: Tables, fn: Function, *, keep_empty: bool = False, lenient: bool = False) -> Tables:
    """The rows for which `fn` is true. `lenient`: values of a type that it cannot be asked of do not match."""
    out: Tables = []
    for block in tables:
        kept = _filtered(run, block, fn, lenient) if block.rows.height else block
        kept = kept if keep_empty else kept.without_empty()
        if kept.table_count:
            out.append(kept)
    return out


def _filtered(run: Run, block: Block, fn: Function, lenient: bool) -> Block:
    try:
        with row_function(run, "filter", fn):
            answer = call_on_rows(run, fn, block)
        mask = truth(answer, block.rows.height)
    except FluxError as problem:
        if not lenient or not isinstance(problem, OperandsError) or problem.operator in ARITHMETIC:
            raise
        mask = pl.repeat(False, block.rows.height, eager=True)
    return block if mask.all() else block.with_rows(block.rows.filter(mask))

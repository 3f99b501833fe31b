"""histogramQuantile: a quantile out of the counts of a histogram."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block, Tables
from influxlite.flux.execute.faults import of_call
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

POLICIES = ("error", "force", "drop")


@transformation(
    "(<-tables: stream[A], ?quantile: float, ?countColumn: string, ?upperBoundColumn: string, ?valueColumn: string,"
    " ?minValue: float, ?onNonmonotonic: string) => stream[B] where A: Record, B: Record"
)
def histogram_quantile(
    run: Run,
    tables: Tables,
    quantile: float | None = None,
    count_column: str = "_value",
    upper_bound_column: str = "le",
    value_column: str = "_value",
    min_value: float = 0.0,
    on_nonmonotonic: str = "error",
) -> Tables:
    """The quantile of values that were counted in bins: `countColumn` of them lie at or below `upperBoundColumn`.

    Inside a bin values are taken to lie evenly; the first bin begins at `minValue`. Counts that fall are an error, or
    are raised ("force"), or the table goes ("drop"). Null where nothing was counted.

        array.from(rows: [{le: 1.0, _value: 2.0}, {le: 2.0, _value: 4.0}]) |> histogramQuantile(quantile: 0.75)
    """
    if quantile is None:
        raise of_call(run, 'missing required keyword argument "quantile"')
    if on_nonmonotonic not in POLICIES:
        raise of_call(
            run,
            "value provided to histogramQuantile parameter onNonmonotonic is invalid; "
            'must be one of "error", "force" or "drop"',
        )
    out: Tables = []
    for block in tables:
        _check(block, count_column, "count")
        _check(block, upper_bound_column, "upper bound")
        counts, bounds = block.column(count_column), block.column(upper_bound_column)
        frame = pl.DataFrame({TABLE: block.tables, "bound": bounds, "count": counts})
        for name, argument in (("count", "countColumn"), ("bound", "upperBoundColumn")):
            if frame[name].null_count():
                raise FluxError("failed precondition", f"unexpected null in the {argument}")
        frame = frame.sort(TABLE, "bound", maintain_order=True)
        bins = {key[0]: part for key, part in frame.group_by(TABLE, maintain_order=True)}
        answers: list[float | None] = []
        keep: list[bool] = []
        for number in range(block.table_count):
            part = bins.get(number)
            if part is None:
                raise FluxError("failed precondition", "histogram is empty")
            values = _monotonic(part["count"].to_list(), on_nonmonotonic)
            keep.append(values is not None)
            answers.append(None if values is None else _quantile(values, part["bound"].to_list(), quantile, min_value))
        columns = {k: block.columns[k] for k in block.key} | {value_column: "float"}
        rows = pl.DataFrame({value_column: pl.Series(answers, dtype=pl.Float64()), TABLE: block.table_numbers()})
        out.append(Block(columns, block.key, block.keys, rows).only_tables(pl.Series(keep, dtype=pl.Boolean())))
    return out


def _check(block: Block, name: str, what: str) -> None:
    if name not in block.columns:
        raise FluxError("failed precondition", f'table is missing {what} column "{name}"')
    if block.columns[name] != "float":
        raise FluxError("failed precondition", f'{what} column "{name}" must be of type float')


def _monotonic(counts: list[float], policy: str) -> list[float] | None:
    """Counts that never fall; None where they do and the table is to go."""
    highest, raised = 0.0, []
    for count in counts:
        if count < highest and policy == "error":
            raise FluxError("failed precondition", "histogram records counts are not monotonic")
        if count < highest and policy == "drop":
            return None
        highest = max(highest, count)
        raised.append(highest)
    return raised


def _quantile(counts: list[float], bounds: list[float], q: float, lowest: float) -> float | None:
    total = counts[-1]
    if total == 0:
        return None
    rank = q * total
    below = max((i for i, count in enumerate(counts) if rank >= count), default=-1)
    if below == len(counts) - 1:
        return bounds[-1]
    low_count, low = (counts[below], bounds[below]) if below >= 0 else (0.0, lowest)
    high_count, high = counts[below + 1], bounds[below + 1]
    if rank == low_count:
        return low
    if low == -math.inf:
        return high
    if high == math.inf:
        return low
    return low + (high - low) * ((rank - low_count) / (high_count - low_count))

"""promql.quantile, promHistogramQuantile, join: quantiles as Prometheus has them, and the join of its samples."""

from __future__ import annotations

import math

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block, Tables, empty_rows, key_order, merge_same_keys
from influxlite.flux.stdlib.registry import flux, transformation

Buckets = list[tuple[float, float]]
"""Upper bounds and counts of all that is not above them."""

quantile = flux(
    "(<-tables: stream[A], q: float, ?method: string) => stream[A] where A: Record",
    """(q, tables=<-, method="exact_mean") =>
        if q <= 1.0 and q >= 0.0 then
            tables |> universe.quantile(q: q, method: method)
        else if q < 0.0 then
            tables |> reduce(identity: {_value: math.mInf(sign: -1)}, fn: (r, accumulator) => accumulator)
        else
            tables |> reduce(identity: {_value: math.mInf(sign: 1)}, fn: (r, accumulator) => accumulator)""",
    """The q-quantile; below 0 it is minus infinity, above 1 infinity.

        import "internal/promql"
        array.from(rows: [{_value: 1.0}, {_value: 2.0}]) |> promql.quantile(q: 0.5)
    """,
    imports=("math", "universe"),
)
join = flux(
    "(left: stream[A], right: stream[B], fn: (left: A, right: B) => C) => stream[C]"
    " where A: Record, B: Record, C: Record",
    "experimental.join",
    """What `experimental.join` does.

        import "internal/promql"
        rows = array.from(rows: [{_time: 2026-01-01T00:00:00Z, room: "101", _value: 1.0}]) |> group(columns: ["room"])
        promql.join(left: rows, right: rows, fn: (left, right) => ({left with _value: left._value + right._value}))
    """,
    imports=("experimental",),
)


@transformation(
    "(<-tables: stream[A], ?quantile: float, ?countColumn: string, ?upperBoundColumn: string, ?valueColumn: string)"
    " => stream[B] where A: Record, B: Record"
)
def prom_histogram_quantile(
    tables: Tables,
    quantile: float | None = None,
    count_column: str = "_value",
    upper_bound_column: str = "le",
    value_column: str = "_value",
) -> Tables:
    """The quantile of a histogram whose rows are buckets: an upper bound as text, and a count of all below it.

    Within a bucket values count as spread evenly. Tables without upper bounds give none.

        import "internal/promql"
        array.from(rows: [{le: "1", _value: 2.0}, {le: "+Inf", _value: 4.0}])
            |> promql.promHistogramQuantile(quantile: 0.25)
    """
    if quantile is None:
        raise FluxError("invalid", 'missing required keyword argument "quantile"')
    parts = []
    for whole in tables:
        for block in whole.slice_tables():
            columns = {name: block.columns[name] for name in block.key} | {value_column: "float"}
            buckets = _buckets(block, count_column, upper_bound_column)
            if buckets is None:
                parts.append(Block(columns, block.key, block.keys, empty_rows(columns, block.key)))
                continue
            number = pl.Series([_quantile(quantile, buckets)], dtype=pl.Float64())
            rows = pl.DataFrame({value_column: number, TABLE: block.table_numbers()})
            parts.append(Block(columns, block.key, block.keys, rows))
    return key_order(merge_same_keys(parts))


def _buckets(block: Block, count_column: str, bound_column: str) -> Buckets | None:
    kind = block.columns.get(count_column)
    if kind is None:
        raise FluxError("internal error", f'table is missing count column "{count_column}"')
    if kind != "float":
        raise FluxError("internal error", f'count column "{count_column}" must be of type float')
    kind = block.columns.get(bound_column)
    if kind is None:
        return None
    if kind != "string":
        raise FluxError("internal error", f'upper bound column "{bound_column}" must be of type string')
    counts, bounds = block.column(count_column), block.column(bound_column)
    if counts.null_count():
        raise FluxError("internal error", "unexpected null in the countColumn")
    found: Buckets = []
    for count, text in zip(counts, bounds, strict=True):
        try:
            found.append((float(text), count))
        except (TypeError, ValueError):
            found.append((0.0, 0.0))  # a row without a bound stands as a bucket of nothing
    return sorted(found, key=lambda bucket: bucket[0])


def _quantile(q: float, buckets: Buckets) -> float:
    if q < 0 or q > 1:
        return math.copysign(math.inf, q)
    if not buckets or buckets[-1][0] != math.inf:
        return math.nan
    bounds: list[float] = []
    counts: list[float] = []
    for bound, count in buckets:
        if bounds and bounds[-1] == bound:
            counts[-1] += count
        else:
            bounds.append(bound)
            counts.append(count)
    highest = counts[0]
    for i, count in enumerate(counts[:-1]):  # counts may not fall
        highest = max(highest, count)
        counts[i] = highest
    if len(bounds) < 2:
        return math.nan
    last = len(bounds) - 1
    rank = q * counts[last]
    b = next((i for i in range(last) if counts[i] >= rank), last)
    if b == last:
        return bounds[last - 1]
    if b == 0 and bounds[0] <= 0:
        return bounds[0]
    start, below = (bounds[b - 1], counts[b - 1]) if b else (0.0, 0.0)
    share = counts[b] - below
    return start + (bounds[b] - start) * ((rank - below) / share) if share else math.nan

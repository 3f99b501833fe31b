"""Division of columns by a constant, to the last digit: polars would multiply by the constant's reciprocal."""

from __future__ import annotations

import polars as pl


def by_constant(column: pl.Expr, constant: float) -> pl.Expr:
    """A column of floats divided by `constant`, each quotient rounded once as IEEE 754 asks."""
    return column.map_batches(
        lambda values: values / pl.repeat(constant, len(values), dtype=pl.Float64(), eager=True),
        return_dtype=pl.Float64(),
        is_elementwise=True,
    )

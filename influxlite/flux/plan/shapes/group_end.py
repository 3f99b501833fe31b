"""The row of the first or last time of each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.execute.block import TABLE, Tables

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.scan import Scan


@dataclass(frozen=True, slots=True)
class GroupEnd:
    """One row per group; of rows of one time that of the first series, or of the last with `last`."""

    last: bool

    def read(self, run: Run, scan: Scan) -> Tables:
        """The tables."""
        # Shifted, the times are not known to be sorted: Polars would take another of equal ones.
        time = pl.col("_time").shift(0)
        position = pl.len() - 1 - time.reverse().arg_max() if self.last else time.arg_min()
        out: Tables = []
        for block in scan.rows(run):
            numbered = block.rows.select(TABLE, "_time").with_row_index("\0row")
            rows = numbered.group_by(TABLE, maintain_order=True).agg(pl.col("\0row").get(position))
            out.append(block.with_rows(block.rows[rows["\0row"].to_list()]))
        return out

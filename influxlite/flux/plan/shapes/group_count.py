"""The number of points of each group, of whatever kinds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.execute.block import Block, Tables
from influxlite.flux.vectors import constant

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.scan import Scan
    from influxlite.flux.plan.steps import Step


@dataclass(frozen=True, slots=True)
class GroupCount:
    """The answer of the count `step` over the groups of a scan."""

    step: Step

    def read(self, run: Run, scan: Scan) -> Tables:
        """The tables."""
        alike = [_without_values(block) for block in replace(scan, shape=None, group=None).rows(run)]
        tables = scan.arranged(run, scan.grouped(alike))
        return run.apply(self.step, {**self.step.arguments, "tables": tables})


def _without_values(block: Block) -> Block:
    """The same rows with 0 for a value."""
    values = constant(0, block.rows.height, pl.Int64())
    return block.with_column("_value", values, "int")

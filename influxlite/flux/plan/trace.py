"""What a run did, step by step: which were left to DuckDB, with the statements, and which ran on frames."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from influxlite.flux.execute.block import Tables
    from influxlite.flux.plan.scan import Scan
    from influxlite.flux.plan.steps import Step

LONGEST = 2_000
"""Characters of a statement that are shown: one that names hundreds of series says no more for being longer."""


class Trace:
    """The lines of an explanation, in the order in which things were done."""

    dry = True
    """Whether what would write is left undone."""

    def __init__(self) -> None:
        """Nothing was done yet."""
        self.lines: list[str] = []

    def result(self, name: str) -> None:
        """The steps of a result follow."""
        self.lines.append(f"result {name}")

    def statement(self, sql: str, parameters: tuple[object, ...], rows: int, seconds: float) -> None:
        """A statement that DuckDB ran."""
        text = sql if len(sql) <= LONGEST else f"{sql[:LONGEST]} … ({len(sql)} characters)"
        given = f" with {list(parameters)}" if parameters else ""
        self.lines.append(f"      {text}{given}  -- {rows} rows, {seconds * 1000:.1f} ms")

    @contextmanager
    def scan(self, step: Step, scan: Scan) -> Iterator[list[Tables]]:
        """A scan is read: its heading, then its statements. The caller appends its tables to what it is given."""
        at = len(self.lines)
        began = time.perf_counter()
        made: list[Tables] = []
        yield made
        chain = " |> ".join(names(step))
        heading = [f"  DuckDB  {chain}"] if len(self.lines) > at else [f"  index   {chain}"]
        if scan.after:
            heading.append(
                f"          of the rows that it needs; then on frames: {' |> '.join(s.name for s in scan.after)}"
            )
        self.lines[at:at] = heading
        self.lines.append(f"      {count(made[0])}, {(time.perf_counter() - began) * 1000:.1f} ms")

    def frames(self, step: Step, tables: Tables, seconds: float) -> None:
        """A step that ran on frames."""
        self.lines.append(f"  frames  {step.name}: {count(tables)}, {seconds * 1000:.1f} ms")


def names(step: Step) -> list[str]:
    """The names of a step and those before it, the first one first."""
    found: list[str] = []
    current: Step | None = step
    while current is not None:
        found.append(current.name)
        current = current.parent()
    return found[::-1]


def count(tables: Tables) -> str:
    """How many tables and rows there are, in words."""
    return f"{sum(b.table_count for b in tables)} tables, {sum(b.rows.height for b in tables)} rows"

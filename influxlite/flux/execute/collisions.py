"""Tables of one key whose columns have different kinds, as `group` or `map` may leave them.

InfluxDB's steps that make new keys hand on rows as they come, and steps that look at each row alone take them so: a
`map` behind a `group` may make one kind of them. Whoever puts rows into whole tables finds what cannot be one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from influxlite.flux.errors import SchemaCollision
from influxlite.flux.execute.block import TABLE, Block, Tables, merge_same_keys
from influxlite.flux.execute.places import place_of_error

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.steps import Step

PASSED_ON = frozenset({"filter", "group", "limit", "map", "stateTracking", "timeShift", "yield"})
"""Functions of `universe` that take such tables and may leave others."""


class Collided(list[Block]):
    """Blocks in the order in which their rows came, some with tables of one key; `problem` is what is wrong then."""

    def __init__(self, parts: Iterable[Block], problem: SchemaCollision) -> None:
        super().__init__(parts)
        self.problem = problem


def passes_on(step: Step) -> bool:
    """Whether a step takes such tables."""
    return step.package == "universe" and step.name in PASSED_ON


def problem_in(value: Any) -> SchemaCollision | None:
    """What is wrong with the tables in an argument that was read, None for nothing."""
    if isinstance(value, Collided):
        return value.problem
    parts = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(parts, list) or (parts and isinstance(parts[0], Block)):
        return None
    return next((problem for part in parts if (problem := problem_in(part)) is not None), None)


def left_by(step: Step, problem: Exception) -> Collided | None:
    """The tables that a step leaves where it could not make one of several, None where it has to."""
    if not isinstance(problem, SchemaCollision) or problem.placed or problem.parts is None or not passes_on(step):
        return None
    return Collided(problem.parts, problem)


def still_apart(tables: Tables) -> Tables:
    """Tables that a step has made of such ones: as they should be, where their kinds are the same by now."""
    try:
        return merge_same_keys(tables)
    except SchemaCollision as problem:
        return Collided(tables, problem)


def found_by(run: Run, step: Step, problem: SchemaCollision) -> SchemaCollision:
    """The error of the step that has to make whole tables of such ones."""
    place = place_of_error(run, step) or f"runtime error {step.location}: {step.called}: "
    return SchemaCollision(place + problem.message, placed=True)


def in_order_of_arrival(tables: Sequence[Block], ranks: Sequence[np.ndarray]) -> Tables:
    """Blocks cut so that their tables come one after another by their ranks."""
    places = sorted(
        (int(rank), number, i) for number, places in enumerate(ranks) for i, rank in enumerate(places.tolist())
    )
    runs: list[list[int]] = []
    for _, number, i in places:
        if runs and runs[-1][0] == number and runs[-1][2] == i:
            runs[-1][2] += 1
        else:
            runs.append([number, i, i + 1])
    out: Tables = []
    for number, first, end in runs:
        numbers = np.arange(tables[number].table_count)
        out.append(tables[number].only_tables((numbers >= first) & (numbers < end)))
    return out


def limited(tables: Collided, n: int, offset: int) -> Tables:
    """The first rows of each key, counted over all tables that have it."""
    seen: dict[tuple[Any, ...], int] = {}
    out: Tables = []
    for block in tables:
        names = sorted(block.key)
        before = []
        rows = block.keys[names].rows() if names else [()] * block.table_count
        for row, count in zip(rows, block.counts().tolist(), strict=True):
            key = (*names, *row)
            before.append(seen.get(key, 0))
            seen[key] = before[-1] + count
        position = pl.int_range(pl.len()).over(TABLE) + pl.Series(before, dtype=pl.Int64()).gather(block.tables)
        kept = block.with_rows(block.rows.filter((position >= offset) & (position < offset + max(n, 0))))
        out.append(kept.without_empty())
    return [block for block in out if block.table_count]

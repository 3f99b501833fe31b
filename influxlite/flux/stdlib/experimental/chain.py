"""experimental.chain: one stream after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.plan.steps import Stream
from influxlite.flux.stdlib.registry import macro

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@macro("(first: stream[A], second: stream[B]) => stream[B] where A: Record, B: Record")
def chain(run: Run, first: Stream, second: Stream) -> Stream:
    """`second`, which is read only after all of `first` was made: what `first` writes, `second` finds.

    import "experimental"
    experimental.chain(first: array.from(rows: [{a: 1}]), second: array.from(rows: [{b: 2}]))
    """
    run.planner.check(first.step, set())
    run.tables(first)
    return second

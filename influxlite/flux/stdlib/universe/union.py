"""union: the tables of several streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from influxlite.flux.execute.block import Tables, key_order, merge_same_keys
from influxlite.flux.execute.faults import of_call
from influxlite.flux.plan.steps import Stream
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(tables: [stream[A]]) => stream[A] where A: Record")
def union(run: Run, tables: list[Tables]) -> Tables:
    """All tables of the streams; tables with one group key become one, with the columns of all.

    Rows come in the order of the streams, those of streams that read a bucket last. A stream named twice counts once.

    union(tables: [array.from(rows: [{a: 1}]), array.from(rows: [{a: 2}])])
    """
    if len(tables) < 2:
        raise of_call(run, "union must have at least two streams as input")
    streams = run.current.arguments["tables"] if run.current is not None else tables
    once = {id(found): i for i, found in reversed(list(enumerate(tables)))}  # a stream that is named twice is one
    order = sorted(once.values(), key=lambda i: (reads_bucket(streams[i]), i))
    return key_order(merge_same_keys([block for i in order for block in tables[i]]))


def reads_bucket(stream: Any) -> bool:
    """Whether there is a bucket at the beginning of a stream: InfluxDB has its rows later than those of others."""
    seen: set[int] = set()
    waiting = [stream.step] if isinstance(stream, Stream) else []
    while waiting:
        step = waiting.pop()
        if step.package == "influxdata/influxdb":
            return True
        if id(step) not in seen:
            seen.add(id(step))
            waiting += step.parents()
    return False

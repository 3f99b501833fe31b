"""cardinality: how many series there are, a series being a measurement with its tags, whatever its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Tables, make_block
from influxlite.flux.functions import Function, Native
from influxlite.flux.plan.shapes.tags import living
from influxlite.flux.plan.steps import Step, Stream
from influxlite.flux.stdlib.registry import macro

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@macro(
    "(?bucket: string, ?bucketID: string, ?org: string, ?orgID: string, ?host: string, ?token: string, start: A,"
    " ?stop: B, ?predicate: (r: {T with _measurement: string, _field: string, _value: S}) => bool)"
    " => stream[{_start: time, _stop: time, _value: int}] where A: Timeable, B: Timeable"
)
def cardinality(run: Run, start: Any, stop: Any = None, predicate: Function | None = None, **source: Any) -> Stream:
    """How many series of a bucket have a point in a range; `predicate` may ask for measurement, field and tags.

    import "influxdata/influxdb"
    influxdb.cardinality(bucket: "telemetry", start: -1d)
    """
    if ("bucket" in source) == ("bucket_id" in source):
        raise invalid("must specify only one of bucket or bucketID")
    names = run.library.universe.names
    given = {_FLUX_NAMES.get(name, name): value for name, value in source.items()}
    points = run.call(names["from"], given)
    bounds = {"start": start} if stop is None else {"start": start, "stop": stop}
    points = run.call(names["range"], {"tables": points, **bounds})
    if predicate is not None:
        points = run.call(names["filter"], {"tables": points, "fn": predicate})
    return Stream(Step(_COUNT, {"of": [_Unread(points)]}))


_FLUX_NAMES = {"bucket_id": "bucketID", "org_id": "orgID"}


class _Unread:
    """A stream that its step reads itself, or does not read at all."""

    __slots__ = ("stream",)

    def __init__(self, stream: Stream) -> None:
        self.stream = stream


def _count(run: Run, of: list[_Unread]) -> Tables:
    step = of[0].stream.step
    scan = run.planner.scan_of(step)
    if scan is None or scan.residue:
        number = _different(run.step_tables(step))
    else:
        scan.check()
        number = len({(series.measurement, series.tags) for series in living(run, scan)})
    return [make_block({"_value": "int"}, (), pl.DataFrame({"_value": [number]}, schema={"_value": pl.Int64()}))]


def _different(tables: Tables) -> int:
    """How many different measurements and tags the group keys hold."""
    found = set()
    for block in tables:
        names = [name for name in sorted(block.key) if name not in ("_start", "_stop", "_field")]
        found |= {tuple(zip(names, row, strict=True)) for row in block.keys.select(names).iter_rows()}
    return len(found)


_COUNT = Native(_count, "cardinality", "(of: [A]) => stream[{_value: int}]", "transformation")

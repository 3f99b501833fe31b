"""from: the points of a bucket."""

from __future__ import annotations

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation


@transformation(
    "(?bucket: string, ?bucketID: string, ?org: string, ?orgID: string, ?host: string, ?token: string)"
    " => stream[{B with _measurement: string, _field: string, _time: time, _value: A}]"
)
def from_(**_: str) -> Tables:
    """The points of a bucket, one table per series; `range` must follow.

    `influxlite.flux.plan.scan` reads them.

        from(bucket: "telemetry") |> range(start: 2026-01-01T00:00:00Z) |> filter(fn: (r) => r._field == "spo2")
    """
    raise FluxError("internal error", "from was not planned")

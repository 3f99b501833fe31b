"""v1.databases: what InfluxDB 1 would call databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import Tables, make_block
from influxlite.flux.stdlib.influxdata.influxdb.buckets import listed
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.vectors import DTYPES

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

COLUMNS = {"organizationID": "string", "databaseName": "string", "retentionPolicy": "string",
           "retentionPeriod": "int", "default": "bool", "bucketID": "string"}  # fmt: skip
USUAL_POLICY = "autogen"


@transformation(
    "(?org: string, ?orgID: string, ?host: string, ?token: string) => stream[{organizationID: string,"
    " databaseName: string, retentionPolicy: string, retentionPeriod: int, default: bool, bucketID: string}]"
)
def databases(run: Run, **source: str) -> Tables:
    """One row per bucket that the reader may see, named as InfluxDB 1 names a database and its retention policy.

    The bucket `db/rp` is policy `rp` of database `db`, any other the policy `autogen`, which is its database's default.
    `retentionPeriod` is in nanoseconds, 0 for ever.

        import "influxdata/influxdb/v1"
        v1.databases()
    """
    rows = []
    for bucket in listed(run, source):
        name, slash, policy = bucket.name.partition("/")
        period = bucket.retention_s * 1_000_000_000
        rows.append((bucket.org_id, name, policy if slash else USUAL_POLICY, period, not slash, bucket.id))
    if not rows:
        raise FluxError("not found", "no 1.x databases found")
    schema = {name: DTYPES[kind] for name, kind in COLUMNS.items()}
    return [make_block(COLUMNS, ("organizationID",), pl.DataFrame(rows, schema=schema, orient="row"))]

"""buckets: a list of the organization's buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.execute.block import Tables, make_block
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.vectors import DTYPES

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

COLUMNS = {"name": "string", "id": "string", "organizationID": "string", "retentionPolicy": "string",
           "retentionPeriod": "int"}  # fmt: skip


@transformation(
    "(?org: string, ?orgID: string, ?host: string, ?token: string)"
    " => stream[{name: string, id: string, organizationID: string, retentionPolicy: string, retentionPeriod: int}]"
)
def buckets(run: Run, **_: str) -> Tables:
    """One row per bucket that the reader may see, `retentionPeriod` in nanoseconds (0 for ever).

    buckets() |> keep(columns: ["name", "retentionPeriod"])
    """
    rows = [
        (b.name, b.id, b.org_id, "", b.retention_s * 1_000_000_000)
        for b in run.storage.buckets(run.org_id)
        if run.may_read(b)
    ]
    schema = {name: DTYPES[kind] for name, kind in COLUMNS.items()}
    return [make_block(COLUMNS, ("organizationID",), pl.DataFrame(rows, schema=schema, orient="row"))]

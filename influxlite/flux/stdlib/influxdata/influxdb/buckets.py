"""buckets: a list of the organization's buckets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import Tables, make_block
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.vectors import DTYPES

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.storage import Bucket

COLUMNS = {"name": "string", "id": "string", "organizationID": "string", "retentionPolicy": "string",
           "retentionPeriod": "int"}  # fmt: skip


@transformation(
    "(?org: string, ?orgID: string, ?host: string, ?token: string)"
    " => stream[{name: string, id: string, organizationID: string, retentionPolicy: string, retentionPeriod: int}]"
)
def buckets(run: Run, **source: str) -> Tables:
    """One row per bucket that the reader may see, `retentionPeriod` in nanoseconds (0 for ever).

    buckets() |> keep(columns: ["name", "retentionPeriod"])
    """
    rows = [(b.name, b.id, b.org_id, "", b.retention_s * 1_000_000_000) for b in listed(run, source)]
    schema = {name: DTYPES[kind] for name, kind in COLUMNS.items()}
    return [make_block(COLUMNS, ("organizationID",), pl.DataFrame(rows, schema=schema, orient="row"))]


def listed(run: Run, source: Mapping[str, str]) -> list[Bucket]:
    """The buckets that the reader may see, by a call's `org`, `org_id` and `host`.

    FluxError where those name another place than this one: its buckets would pass for those of the other.
    """
    if source.get("host"):
        raise FluxError("unimplemented", "buckets of another server are not asked for; remove the host")
    if source.get("org") or source.get("org_id"):
        what = "buckets cannot list from a separate organization; please specify a host or remove the organization"
        raise FluxError("invalid", f"error in building plan while starting program: {what}", placed=True)
    return [bucket for bucket in run.storage.buckets(run.org_id) if run.may_read(bucket)]

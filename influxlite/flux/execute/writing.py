"""Storing rows of tables as points of a bucket: what `to` and `wideTo` share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.functions import python_name
from influxlite.line_protocol import Field, Point
from influxlite.storage import Bucket, PartialWriteError, StorageError

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.steps import Step

STORED = {
    "float": "float",
    "int": "integer",
    "uint": "unsigned",
    "string": "string",
    "bool": "boolean",
    "time": "integer",
}
"""Kinds of columns to kinds of fields; an instant is stored as its nanoseconds."""
WRITERS = frozenset({"to", "wideTo"})
AT_ONCE = 50_000
"""Points that are handed to the storage together."""
START = "failed to initialize execute state: "


def check_target(run: Run, step: Step) -> None:
    """FluxError where a step writes to a bucket that does not exist or may not be written; nothing for other steps."""
    if step.name not in WRITERS or step.package != "influxdata/influxdb":
        return
    given = step.arguments
    place = f'error calling function "{step.name}" {step.location}: '
    if "bucket" in given and "bucketID" in given:
        raise invalid(f"{place}cannot provide both `bucket` and `bucketID` parameters to the `to` function")
    if "bucket" not in given and "bucketID" not in given:
        raise invalid(f'{place}missing required keyword argument "bucketID"')
    if "org" in given and "orgID" in given:
        raise invalid(f"{place}cannot provide both `org` and `orgID` parameters to the `to` function")
    find_target(run, {python_name(name): value for name, value in given.items()})


def find_target(run: Run, target: Mapping[str, Any]) -> Bucket:
    """The bucket that a call writes to, by its arguments `bucket`, `bucket_id`, `org`, `org_id` and `host`."""
    if "host" in target:
        raise invalid(f"{START}writing to another host is not supported")
    if target.get("org", run.org_name) != run.org_name:
        raise FluxError("not found", f'{START}could not find org "{target["org"]}"')
    if target.get("org_id", run.org_id) != run.org_id:
        raise invalid(f"{START}host must be specified when writing points to another org")
    name, bucket_id = target.get("bucket"), target.get("bucket_id")
    bucket = run.storage.find_bucket(run.org_id, name=name, id=bucket_id) if run.storage is not None else None
    if bucket is None or not (run.may_read(bucket) or run.may_write(bucket)):  # to others it is not there
        raise FluxError("not found", f'{START}could not find bucket "{name if name is not None else bucket_id}"')
    if not run.may_write(bucket):
        raise FluxError("forbidden", f"{START}user not authorized to write")
    return bucket


def field(name: str, kind: str, value: Any) -> Field | None:
    """A field of a point; None for what cannot be stored: null, NaN and the infinite."""
    if value is None or (kind == "float" and not math.isfinite(value)):
        return None
    return Field(name, STORED[kind], int(value) if kind in ("time", "int", "uint") else value)


def tags_of(names: Sequence[str], values: Sequence[str | None]) -> tuple[tuple[str, str], ...]:
    """The tags of a point; empty ones are left out."""
    return tuple((name, value) for name, value in zip(names, values, strict=True) if value)


def store(run: Run, bucket: Bucket, points: Sequence[Point]) -> None:
    """Write points and wait until they are on disk; what the script reads afterwards finds them."""
    try:
        for start in range(0, len(points), AT_ONCE):
            run.check()
            run.storage.write(bucket, list(points[start : start + AT_ONCE]))
    except PartialWriteError as problem:
        raise FluxError("unprocessable entity", str(problem), placed=True) from None
    except StorageError as problem:
        raise FluxError("unavailable", f"unexpected error writing points to database: {problem}") from None
    finally:
        run.look_anew()

"""Readings and stays as CSV and Parquet: the same columns in both, and what `bedside import` takes back."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from query.files.errors import ExportProblem
from query.night.readings import SCHEMA, UTC_MS

STAY_SCHEMA: dict[str, pl.DataType] = {"room": pl.String(), "mrn": pl.String(), "from": UTC_MS, "to": UTC_MS}
"""A stay: room and MRN, and the instants of `[from, to)` in UTC; `to` is null while the patient lies there."""
CSV_TIME = "%Y-%m-%dT%H:%M:%S%.3fZ"


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name when it is complete, and not at all otherwise; only its owner can read it.

    A pipe or a device, such as /dev/stdout, is written to as it is. ExportProblem says what is in the way.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        if path.exists() and (path.absolute().is_relative_to("/dev") or not path.is_file()):
            with path.open("wb") as file:
                yield file
            return
        new.unlink(missing_ok=True)  # of one that was killed
        # Where others may write, too, none of them has made it, to read what comes or to lead it elsewhere.
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # the name must not be on the disk before what it names
        new.replace(path)
    except OSError as fault:
        raise ExportProblem(f"{path} cannot be written: {fault.strerror or fault}") from None
    finally:
        new.unlink(missing_ok=True)


def write_csv(frames: Iterable[pl.DataFrame], schema: dict[str, pl.DataType], file: IO[bytes]) -> int:
    """CSV with a head line, in UTF-8: times as RFC 3339 in UTC to the millisecond, floats as their shortest exact text,
    `true` and `false`, and nothing where nothing was measured. How many rows.
    """
    rows = 0
    pl.DataFrame(schema=schema).write_csv(file)
    for frame in frames:
        frame.select(list(schema)).write_csv(file, include_header=False, datetime_format=CSV_TIME)
        rows += len(frame)
    return rows


def write_parquet(frames: Iterable[pl.DataFrame], schema: dict[str, pl.DataType], file: IO[bytes]) -> int:
    """Parquet, zstd, a row group a piece; times are timestamps in UTC to the millisecond. How many rows."""
    rows = 0
    arrow = _arrow_schema(schema)
    with pq.ParquetWriter(file, arrow, compression="zstd") as writer:
        for frame in frames:
            writer.write_table(frame.select(list(schema)).to_arrow().cast(arrow))
            rows += len(frame)
    return rows


def readings_table(file: IO[bytes], frames: Iterable[pl.DataFrame], form: str) -> int:
    """Readings as `csv` or `parquet`; how many rows."""
    return (write_csv if form == "csv" else write_parquet)(frames, SCHEMA, file)


def stays_table(file: IO[bytes], stays: pl.DataFrame, form: str) -> int:
    """Stays as `csv` or `parquet`; how many rows."""
    return (write_csv if form == "csv" else write_parquet)([stays], STAY_SCHEMA, file)


def _arrow_schema(schema: dict[str, pl.DataType]) -> pa.Schema:
    kinds = {
        pl.String(): pa.string(),
        pl.Float64(): pa.float64(),
        pl.Int64(): pa.int64(),
        pl.Boolean(): pa.bool_(),
        UTC_MS: pa.timestamp("ms", "UTC"),
    }
    return pa.schema([(name, kinds[kind]) for name, kind in schema.items()])

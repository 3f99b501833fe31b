"""One SELECT: asked of the database, stopped when nobody waits for it, its answer a frame within the query's limits.

An answer of few rows costs least as NumPy's arrays, one of many as a stream of Arrow's batches, which is counted while
it comes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import polars as pl
import pyarrow

from influxlite.flux.errors import CancelledError

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

FEW = 20_000
"""Up to so many rows an answer is taken in one piece."""
BATCH = 1_000_000
"""Rows of a stream that are taken at once, between two looks at the limits."""


class InexactError(Exception):
    """The database cannot compute this as Flux would; frames must."""


class ManyError(Exception):
    """The answer has more rows than were asked for."""


def select(
    run: Run, sql: str, parameters: Sequence[Any] = (), *, expected: int | None = FEW, most: int | None = None
) -> pl.DataFrame:
    """The answer of a SELECT as a frame; stopped when the query is cancelled or would hold too much.

    `expected` is a guess of its rows, which only decides by which way it is tried first; None where it holds lists.
    ManyError where it has, or is guessed to have, more rows than `most`, which is no more than `FEW`.
    """
    run.check()
    if most is not None and (expected is None or expected > most):
        raise ManyError
    began = time.perf_counter()
    try:
        with run.interruptible():
            short = expected is not None and expected <= FEW
            frame = _few(run, sql, parameters, FEW if most is None else most) if short else None
            if frame is None and most is not None:
                raise ManyError
            if frame is None:
                frame = _many(run, sql, parameters)
    except duckdb.OutOfRangeException:
        raise InexactError from None
    except duckdb.InterruptException:
        run.check()
        raise CancelledError("internal error", "query was cancelled") from None
    if run.trace is not None:
        run.trace.statement(sql, tuple(parameters), frame.height, time.perf_counter() - began)
    return frame


def _few(run: Run, sql: str, parameters: Sequence[Any], most: int) -> pl.DataFrame | None:
    """The answer, None where it has more than `most` rows."""
    columns = run.snapshot.execute(f"{sql} LIMIT {most + 1}", parameters).fetchnumpy()
    # DuckDB gives categories only for its enumerations, which no table here has
    frame = pl.DataFrame([_series(name, cells) for name, cells in columns.items()])  # type: ignore[arg-type]
    if frame.height > most:
        return None
    run.check_rows(frame.height)
    run.check_bytes(int(frame.estimated_size()))
    return frame


def _series(name: str, cells: np.ndarray) -> pl.Series:
    if isinstance(cells, np.ma.MaskedArray):
        return pl.Series(name, cells.data, nan_to_null=False).set(pl.Series(np.ma.getmaskarray(cells)), None)
    return pl.Series(name, cells.tolist(), dtype=pl.String()) if cells.dtype == object else pl.Series(name, cells)


def _many(run: Run, sql: str, parameters: Sequence[Any]) -> pl.DataFrame:
    """All batches of an answer, within the limits of the query."""
    reader = run.snapshot.stream(sql, parameters, BATCH)
    batches, rows, size = [], 0, 0
    for batch in reader:
        batches.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        run.check_rows(rows)
        run.check_bytes(size)
    frame = pl.from_arrow(pyarrow.Table.from_batches(batches, reader.schema))
    assert isinstance(frame, pl.DataFrame)
    return frame

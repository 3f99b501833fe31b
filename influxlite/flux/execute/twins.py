"""Tables of one stream that have the same group key, as CSV can hold them: most functions take each key once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from influxlite.flux.conversions import long_time_text, to_text
from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import Block, Tables
from influxlite.flux.vectors import scalar

WORDS = {
    **dict.fromkeys(("count", "mean", "skew", "spread", "stddev", "sum", "quantile"), "aggregate found "),
    **dict.fromkeys(("elapsed", "first", "last", "max", "min", "sample"), "found "),
    **{name: f"{name} found " for name in ("columns", "covariance", "difference", "distinct", "histogram")},
    **{name: f"{name} found " for name in ("histogramQuantile", "holtWinters", "integral", "keys", "mode")},
    **{name: f"{name} found " for name in ("tail", "unique")},
    "chandeMomentumOscillator": "chande momentum oscillator found ",
    "exponentialMovingAverage": "moving average found ",
    "hourSelection": "hour selection found ",
    "kaufmansAMA": "KAMA found ",
    "keyValues": "distinct found ",
    "relativeStrengthIndex": "moving average found ",
    "tripleExponentialDerivative": "triple exponential derivative found ",
}
"""How the message begins with which each function of `universe` refuses a second table of one key."""
FEW = 500
"""So many keys are compared sooner by Python than by Polars, which plans each of its steps."""


def check_twins(name: str, arguments: dict[str, Any]) -> None:
    """FluxError where a function of `universe` was given two tables of one group key and takes each key once."""
    words = WORDS.get(name)
    if words is None:
        return
    if name == "quantile" and arguments.get("method") == "exact_selector":
        words = "found "
    try:
        refuse_twins(arguments["tables"], arguments["tables"], f"{words}duplicate table")
    except FluxError as problem:
        if name == "keyValues":
            problem.code = "internal error"
        raise


def refuse_twins(given: Sequence[Block], made: Tables, what: str, *, named: bool = True) -> None:
    """FluxError where two of the tables that a function made have one group key.

    `made` has the tables of `given`, one for one, but for blocks without tables; the message, which begins with `what`,
    names the key that the second one was given with, unless it is not to be `named`.
    """
    if not _any_twins(made):
        return
    seen: set[tuple[tuple[str, str, object], ...]] = set()
    for source, block in zip([block for block in given if block.table_count], made, strict=True):
        names = sorted(block.key)
        rows = block.keys.select(names).rows() if names else [()] * block.table_count
        for number, row in enumerate(rows):
            if _is_emptied(block, names, row):
                continue
            mark = tuple((name, block.columns[name], cell) for name, cell in zip(names, row, strict=True))
            if mark in seen:
                raise invalid(f"{what} with key: {key_text(source, number)}" if named else what)
            seen.add(mark)


def _is_emptied(block: Block, names: Sequence[str], row: Sequence[object]) -> bool:
    """Whether a key looks like one that an average has emptied of all but times; InfluxDB's table has its key still.

    The key of before is gone by now, so that this goes by looks: tables that were grouped by two or more columns which
    are null in all of them look the same, and are not refused here where InfluxDB refuses them; one emptied table of
    a single column beside its times is taken for a twin where InfluxDB tells two apart.
    """
    others = [cell for name, cell in zip(names, row, strict=True) if block.columns[name] != "time"]
    return len(others) > 1 and all(cell is None for cell in others)


def _any_twins(tables: Sequence[Block]) -> bool:
    """Whether two tables share a group key; quick, as this is asked of nearly all tables."""
    if len(tables) < 2 and all(block.table_count < 2 for block in tables):
        return False
    alike: dict[tuple[tuple[str, str], ...], list[pl.DataFrame]] = {}
    for block in tables:
        names = sorted(block.key)
        alike.setdefault(tuple((name, block.columns[name]) for name in names), []).append(block.keys[names])
    return any(_repeat(frames, tables, shape) for shape, frames in alike.items())


def _repeat(frames: list[pl.DataFrame], tables: Sequence[Block], shape: tuple[tuple[str, str], ...]) -> bool:
    if not shape:
        return sum(block.table_count for block in tables if not block.key) > 1
    keys = frames[0] if len(frames) == 1 else pl.concat(frames)
    if keys.height <= FEW and pl.Float64 not in keys.dtypes:  # NaN is like NaN in Polars alone
        return len(set(keys.rows())) < keys.height
    return keys.n_unique() < keys.height


def key_text(block: Block, number: int) -> str:
    """The group key of a table as InfluxDB's messages write it."""
    cells = (f"{name}={_cell(block, name, number)}" for name in sorted(block.key))
    return f"{{{','.join(cells)}}}"


def _cell(block: Block, name: str, number: int) -> str:
    value = scalar(block.keys[name][number], block.columns[name])
    if value is None:
        return "<nil>"
    return long_time_text(value) if block.columns[name] == "time" else to_text(value)

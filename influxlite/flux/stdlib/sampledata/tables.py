"""sampledata.float, int, uint, string, bool, numericBool: two small tables of each kind, with gaps where asked for."""

from __future__ import annotations

from typing import Any

import polars as pl

from influxlite.flux.execute.block import Tables, make_block
from influxlite.flux.stdlib.registry import constant, transformation
from influxlite.flux.values import Time
from influxlite.flux.vectors import DTYPES

START_NS = 1_609_459_200_000_000_000
STEP_NS = 10_000_000_000
NUMBERS = (-2.18, 10.92, 7.35, 17.53, 15.23, 4.43, 19.85, 4.97, -3.75, 19.77, 13.86, 1.86)
TEXTS = tuple(
    f"smpl_{ending}"
    for ending in (
        "g9qczs", "0mgv9n", "phw664", "guvzy4", "5v3cce", "s9fmgy",
        "b5eida", "eu4oxp", "5g7tz4", "sox1ut", "wfm757", "dtn2bv",
    )
)  # fmt: skip
TRUTHS = (True, True, False, True, False, False, False, True, False, True, True, False)
GAPS = (1, 3, 4, 6, 10)
"""The rows whose value is null where `includeNull` is asked for."""
SIGNATURE = "(?includeNull: bool) => stream[A] where A: Record"
CONVERTED = "(?includeNull: bool) => stream[{A with _value: B, _value: %s}]"

start = constant("time", Time(START_NS), "Where the tables begin.")
stop = constant("time", Time(START_NS + 60_000_000_000), "Where they end.")


def _tables(kind: str, values: tuple[Any, ...], gaps: bool) -> Tables:
    columns = {"_time": "time", "tag": "string", "_value": kind}
    if kind in ("int", "uint"):  # InfluxDB converts these, and so sorts their columns
        columns = dict(sorted(columns.items()))
    cells = [None if gaps and i in GAPS else v for i, v in enumerate(values)]
    frame = pl.DataFrame(
        {
            "_time": [START_NS + i % 6 * STEP_NS for i in range(len(cells))],
            "tag": ["t1"] * 6 + ["t2"] * 6,
            "_value": pl.Series(cells, dtype=DTYPES[kind]),
        }
    )
    return [make_block(columns, ("tag",), frame)]


@transformation(SIGNATURE, "float")
def float_(include_null: bool = False) -> Tables:
    """Numbers with a fraction.

    import "sampledata"
    sampledata.float()
    """
    return _tables("float", NUMBERS, include_null)


@transformation(CONVERTED % "int", "int")
def int_(include_null: bool = False) -> Tables:
    """The same numbers cut to whole ones.

    import "sampledata"
    sampledata.int()
    """
    return _tables("int", tuple(int(n) for n in NUMBERS), include_null)


@transformation(CONVERTED % "uint", "uint")
def uint(include_null: bool = False) -> Tables:
    """The same numbers as unsigned ones; those below 0 wrap around.

    import "sampledata"
    sampledata.uint()
    """
    return _tables("uint", tuple(int(n) % (1 << 64) for n in NUMBERS), include_null)


@transformation(SIGNATURE)
def string(include_null: bool = False) -> Tables:
    """Texts.

    import "sampledata"
    sampledata.string()
    """
    return _tables("string", TEXTS, include_null)


@transformation(SIGNATURE, "bool")
def bool_(include_null: bool = False) -> Tables:
    """Truth values.

    import "sampledata"
    sampledata.bool()
    """
    return _tables("bool", TRUTHS, include_null)


@transformation(CONVERTED % "int")
def numeric_bool(include_null: bool = False) -> Tables:
    """Truth values as 0 and 1.

    import "sampledata"
    sampledata.numericBool()
    """
    return _tables("int", tuple(int(t) for t in TRUTHS), include_null)

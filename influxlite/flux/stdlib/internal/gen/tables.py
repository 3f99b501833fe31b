"""gen.tables: tables of random values."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables, key_frame
from influxlite.flux.go_random import Random
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Record

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

STEP_NS = 10_000_000_000
DEFAULT_ROWS = 6
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@transformation(
    "(n: int, ?nulls: float, ?tags: [{name: string, cardinality: int}], ?seed: int)"
    " => stream[{A with _time: time, _value: float}]"
)
def tables(run: Run, n: int, nulls: float = 0.0, tags: list[Record] | None = None, seed: int | None = None) -> Tables:
    """`n` rows every 10 seconds up to now, of normal numbers of deviation 50, for each combination of values of `tags`.

    A share `nulls` of the values is null. The same `seed` gives the same values as InfluxDB's.

        import "internal/gen"
        gen.tables(n: 3, seed: 1, tags: [{name: "room", cardinality: 2}])
    """
    chosen = tags or []
    rows = n if n > 0 else DEFAULT_ROWS
    run.check_rows(rows * math.prod(max(tag["cardinality"], 1) for tag in chosen))
    random = Random(run.now_ns if seed is None else seed)
    names = [tag["name"] for tag in chosen if tag["cardinality"] > 0]
    if len(set(names)) < len(names):
        raise invalid("tags must have different names")
    values = [[_word(random) for _ in range(tag["cardinality"])] for tag in chosen if tag["cardinality"] > 0]
    series = list(product(*values))
    series = [series[0], *series[:0:-1]]  # the order in which a heap of equals is emptied
    first = (run.now_ns // STEP_NS - rows) * STEP_NS
    times = [first + i * STEP_NS for i in range(rows)] * len(series)
    numbers: list[float | None] = []
    for _ in range(rows * len(series)):
        null = nulls > 0 and nulls > random.float64()
        numbers.append(None if null else random.normal() * 50)
    frame = pl.DataFrame(
        {
            "_time": pl.Series(times, dtype=pl.Int64()),
            "_value": pl.Series(numbers, dtype=pl.Float64()),
            TABLE: pl.Series([i for i in range(len(series)) for _ in range(rows)], dtype=INDEX),
        }
    )
    keys = {name: pl.Series([s[i] for s in series], dtype=pl.String()) for i, name in enumerate(names)}
    columns = {**dict.fromkeys(names, "string"), "_time": "time", "_value": "float"}
    return [Block(columns, tuple(names), key_frame(keys, len(series)), frame)]


def _word(random: Random) -> str:
    """A text of three to seven letters and digits that begins with a letter."""
    length = random.below(5) + 3
    return "".join(LETTERS[random.below(62 if position else 52)] for position in range(length))

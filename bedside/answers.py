"""Answers to questions as people and scripts want them: tables that read well in a terminal, sparklines, JSON rows."""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
from rich.console import Console
from rich.text import Text

from bedside.tables import Table, harmless

BARS = "▁▂▃▄▅▆▇█"
MOST_CURVES = 12
WIDEST_CURVE = 60


def cell(value: Any) -> str:
    """A value as a person reads it: a time to the second, or finer where it has a fraction; a number to 6 digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S")
        text += f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
        return f"{text}Z" if value.tzinfo is not None and str(value.tzinfo) == "UTC" else text
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def json_value(value: Any) -> Any:
    """A value as JSON holds it: times in RFC 3339 with their offset; what JSON has no number for is text."""
    if isinstance(value, datetime):
        text = value.isoformat()
        return f"{text.removesuffix('+00:00')}Z" if value.tzinfo is UTC or text.endswith("+00:00") else text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    return value


def json_rows(frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows of a frame as JSON objects."""
    for row in frame.iter_rows(named=True):
        yield {name: json_value(value) for name, value in row.items()}


def show(frame: pl.DataFrame, *, title: str = "", most: int = 0, console: Console | None = None) -> None:
    """Print a frame as a table, numbers under each other by their last digit; `most` rows of it, 0 for all."""
    console = console or Console()
    if title:
        console.print(Text(harmless(title), style="bold"), overflow="fold")
    drawn = Table(*frame.columns)
    for place, kind in enumerate(frame.dtypes):
        if kind.is_numeric():
            drawn.align_right(place)
    for row in frame.head(most or len(frame)).iter_rows():
        drawn.add_row(*map(cell, row))
    drawn.show(console)
    if most and len(frame) > most:
        console.print(f"… and {len(frame) - most:,} more rows; --rows 0 prints all", highlight=False)


def sparkline(values: list[float | None], width: int = WIDEST_CURVE) -> str:
    """A curve of bars, at most `width` of them, each the mean of its part; a part without a value is a blank."""
    count = min(width, len(values))
    parts = [values[i * len(values) // count : (i + 1) * len(values) // count] for i in range(count)]
    means = [_mean(part) for part in parts]
    known = [mean for mean in means if mean is not None]
    if not known:
        return " " * count
    low, high = min(known), max(known)
    step = (high - low) / (len(BARS) - 1) or 1.0
    return "".join(" " if mean is None else BARS[round((mean - low) / step)] for mean in means)


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return sum(known) / len(known) if known else None


def curves(frame: pl.DataFrame, console: Console | None = None) -> None:
    """Below a table whose first column is a time or a night: every number as a curve, for each series apart."""
    console = console or Console()
    if len(frame) < 3 or not frame.dtypes[0].is_temporal():
        return
    keys = [name for name, kind in frame.schema.items() if kind == pl.String()]
    numbers = [name for name, kind in frame.schema.items() if kind.is_numeric()]
    parts = frame.partition_by(keys, maintain_order=True) if keys else [frame]
    drawn = [(part, name) for part in parts for name in numbers if part[name].drop_nulls().len() > 2]
    for part, name in drawn[:MOST_CURVES]:
        values = part[name].cast(pl.Float64()).to_list()
        known = [value for value in values if value is not None and math.isfinite(value)]
        label = " ".join([name, *(f"{key}={part[key][0]}" for key in keys if len(parts) > 1)])
        width = max(8, min(WIDEST_CURVE, console.width - len(label) - 28))
        line = f"{label}  {sparkline(values, width)}  {cell(min(known))} … {cell(max(known))}"
        console.print(Text(harmless(line)), overflow="fold")
    if len(drawn) > MOST_CURVES:
        console.print(f"… and {len(drawn) - MOST_CURVES} more curves", highlight=False)

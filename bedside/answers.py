"""Answers to questions as people and scripts want them: tables that read well in a terminal, sparklines, JSON rows."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import rich.box
import rich.table
from rich.console import Console
from rich.text import Text

from bedside.tables import harmless

BARS = "▁▂▃▄▅▆▇█"
MOST_CURVES = 12
WIDEST_CURVE = 60
WIDEST = 100_000
"""Columns of a terminal that has room for any table."""


def cell(value: Any) -> str:
    """A value as a person reads it: a time to the second, a number to six digits; `--json` has the rest."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S")
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
    """Print a frame as a table, numbers under each other by their last digit; `most` rows of it, 0 for all.

    Values are never broken. Where the table is wider than the terminal, names of columns break at their underscores;
    where that is not enough, each row stands below the other as a list of its columns.
    """
    console = console or Console()
    if title:
        console.print(Text(harmless(title), style="bold"), overflow="fold")
    rows = [[harmless(cell(value)) for value in row] for row in frame.head(most or len(frame)).iter_rows()]
    for after_underscore, gap in (("", 1), ("\n", 1), ("\n", 0)):
        drawn = _table(frame.schema, rows, after_underscore, gap)
        if console.measure(drawn, options=console.options.update(width=WIDEST)).maximum <= console.width:
            console.print(drawn)
            break
    else:
        for row in rows:
            console.print(_record(frame.columns, row))
    if most and len(frame) > most:
        console.print(f"… and {len(frame) - most:,} more rows; --rows 0 prints all", highlight=False)


def _table(schema: pl.Schema, rows: list[list[str]], after_underscore: str, gap: int) -> rich.table.Table:
    """Rows below a head; `after_underscore` follows each underscore within a column's name, `gap` widens the space."""
    drawn = rich.table.Table(
        box=rich.box.SIMPLE_HEAD, padding=(0, gap), collapse_padding=True, pad_edge=False, show_edge=False
    )
    for name, kind in schema.items():
        head = re.sub(r"(?<=[^_]_)(?=[^_])", after_underscore, harmless(name))
        drawn.add_column(Text(head), justify="right" if kind.is_numeric() else "left", vertical="bottom")
    for row in rows:
        drawn.add_row(*map(Text, row))
    return drawn


def _record(names: list[str], row: list[str]) -> rich.table.Table:
    """One row as a list of its columns, without those that are empty."""
    drawn = rich.table.Table.grid(padding=(0, 2, 0, 0))
    for name, value in zip(names, row, strict=True):
        if value:
            drawn.add_row(Text(harmless(name), style="dim"), Text(value, overflow="fold"))
    drawn.add_row("")
    return drawn


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

"""`bedside flux`: ask in Flux, see a table; without a query, a shell."""

import sys
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import polars as pl
from rich.console import Console

from bedside.answers import cell, curves, json_rows, show
from bedside.commands.asking import asking
from bedside.commands.options import data_option, print_json, settings_of
from bedside.commands.shell import Shell
from query import Tables, Ward

MOST_TABLES = 20
"""A query without group() has a table for each series: a ward's are hundreds."""


@click.command()
@click.argument("query", required=False)
@click.option(
    "--file", "-f", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read the query here."
)
@click.option("--csv", "shape", flag_value="csv", help="Print InfluxDB's annotated CSV as it comes.")
@click.option("--json", "shape", flag_value="json", help="Print a JSON array of rows, for a script.")
@click.option("--parquet", type=click.Path(dir_okay=False, path_type=Path), help="Write a Parquet file.")
@click.option("--explain", "shape", flag_value="explain", help="Say how influxlite would answer: its SQL and steps.")
@click.option("--rows", default=40, show_default=True, help="How many rows of a table to print; 0 prints all.")
@click.option(
    "--token", "influx_token", help="A token for InfluxDB's API [default: $INFLUXDB_V2_TOKEN or as for the others]."
)
@data_option
def flux(
    query: str | None, path: Path | None, shape: str | None, parquet: Path | None, rows: int,
    influx_token: str | None, data: Path | None,
) -> None:  # fmt: skip
    """Ask QUERY in Flux; it may also be a file, or - for standard input. On a terminal without QUERY: a shell.

    \b
    bedside flux 'from(bucket: "telemetry") |> range(start: -1h) |> filter(fn: (r) => r.room == "101") |> last()'
    """
    with asking(settings_of(data), influx_token, ZoneInfo("UTC")) as ward:
        if query is None and path is None and shape is None and parquet is None and sys.stdin.isatty():
            Shell(ward, lambda text: print_tables(ward.tables(text), rows)).run()
            return
        text = _query(query, path)
        if shape == "csv":
            for piece in ward.connection.stream(text):
                sys.stdout.buffer.write(piece)
        elif shape == "explain":
            click.echo(ward.connection.explain(text), nl=False)
        else:
            _print(ward, ward.tables(text), shape, parquet, rows)


def _query(query: str | None, path: Path | None) -> str:
    if (query is None) == (path is None):
        raise click.UsageError("Give a query, or a file that holds it with --file, one of the two.")
    if path is not None:
        return path.read_text()
    assert query is not None
    if query == "-":
        return sys.stdin.read()
    if "\n" not in query and query.endswith(".flux") and Path(query).is_file():
        return Path(query).read_text()
    return query


def _print(ward: Ward, tables: list[Tables], shape: str | None, parquet: Path | None, rows: int) -> None:
    """Print the answer, or write it to the file."""
    if parquet is not None:
        frame = ward.frame(tables)
        frame.write_parquet(parquet)
        click.echo(f"{len(frame):,} rows in {parquet}", err=True)
    if shape == "json":
        print_json([{"result": part.result, **row} for part in tables for row in json_rows(part.frame.drop("table"))])
    elif parquet is None:
        print_tables(tables, rows)


def print_tables(tables: Iterable[Tables], most: int) -> None:
    """Every table for itself: what its rows share stands once, above it, for a terminal is narrow.

    The first `MOST_TABLES` of them, and `most` rows of each; all where `most` is 0.
    """
    console = Console()
    count = 0
    for part in tables:
        for table in part.each():
            count += 1
            if most and count > MOST_TABLES:
                continue
            shared = "  ".join(f"{name}={cell(table[name][0])}" for name in part.group)
            own = table.drop(part.group)
            show(own, title=f"{part.result}  {shared}", most=most, console=console)
            times = [name for name, kind in own.schema.items() if isinstance(kind, pl.Datetime)]
            if "_time" in times:
                curves(own.select("_time", pl.selectors.numeric()), console)
    if not count:
        console.print("The answer is empty: no table.")
    elif most and count > MOST_TABLES:
        console.print(f"… and {count - MOST_TABLES:,} more tables; --rows 0 prints all, group() makes one of them")

"""`bedside flux`: ask a question in Flux, see a table."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import requests
from rich.console import Console

from bedside.annotated_csv import FluxAnswerError, FluxTable, read_tables, value
from bedside.api import ask_flux
from bedside.commands.options import data_option, print_json, settings_of
from bedside.errors import Failure
from bedside.tables import Table

NUMBERS = ("long", "unsignedLong", "double")


@click.command()
@click.argument("query", required=False)
@click.option(
    "--file", "-f", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read the query here."
)
@click.option("--csv", "shape", flag_value="csv", help="Print InfluxDB's annotated CSV as it comes.")
@click.option("--json", "shape", flag_value="json", help="Print a JSON array of rows, for a script.")
@click.option("--rows", default=40, show_default=True, help="How many rows of a table to print; 0 prints all.")
@click.option(
    "--token", "influx_token", help="A token for InfluxDB's API [default: $INFLUXDB_V2_TOKEN or as for the others]."
)
@data_option
def flux(
    query: str | None, path: Path | None, shape: str | None, rows: int, influx_token: str | None, data: Path | None
) -> None:
    """Ask QUERY in Flux; the query may also be a file, or - for standard input.

    \b
    bedside flux 'from(bucket: "telemetry") |> range(start: -1h) |> filter(fn: (r) => r.room == "101") |> last()'
    """
    text = _query(query, path)
    answer = ask_flux(settings_of(data), text, influx_token)
    answer.encoding = "utf-8"
    try:
        if shape == "csv":
            for piece in answer.iter_content(65536):
                sys.stdout.buffer.write(piece)
            return
        tables = read_tables(_lines(answer))
        if shape == "json":
            print_json([row for table in tables for row in _records(table)])
        else:
            _print(tables, rows)
    except FluxAnswerError as problem:
        raise Failure(f"the query failed while it ran: {problem}") from None
    except requests.RequestException as problem:
        raise Failure(f"the answer broke off: {problem}") from None


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


def _lines(answer: requests.Response) -> Iterator[str]:
    """Lines with their ends, so that csv can join a value that holds a line end itself."""
    rest = b""
    for piece in answer.iter_content(65536):
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.decode() + "\n"
    if rest:
        yield rest.decode()


def _records(table: FluxTable) -> Iterator[dict[str, object]]:
    for row in table.rows:
        cells = (value(kind, cell) for kind, cell in zip(table.types, row, strict=True))
        yield {"result": table.result, **dict(zip(table.columns, cells, strict=True))}


def _print(tables: Iterable[FluxTable], most: int) -> None:
    console = Console()
    count = 0
    for table in tables:
        count += 1
        # What all rows share stands once, above the table: a terminal is narrow.
        shared = [i for i, grouped in enumerate(table.grouped) if grouped]
        own = [i for i in range(len(table.columns)) if i not in shared]
        title = "  ".join(f"{table.columns[i]}={table.rows[0][i]}" for i in shared)
        drawn = Table(*(table.columns[i] for i in own), title=f"{table.result}  {title}")
        for place, i in enumerate(own):
            if table.types[i] in NUMBERS:
                drawn.align_right(place)
        for row in table.rows[: most or None]:
            drawn.add_row(*(row[i] for i in own))
        drawn.show(console)
        if most and len(table.rows) > most:
            console.print(f"… and {len(table.rows) - most} more rows; --rows 0 prints all")
    if not count:
        console.print("The answer is empty: no table.")

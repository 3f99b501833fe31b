"""`bedside ask`: one of the questions that are kept with Bedside, with parameters by name."""

import io
import sys
from pathlib import Path

import click
import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bedside.answers import curves, json_rows, show
from bedside.commands.asking import asking, timezone_option, zone_of
from bedside.commands.files import told_as_failures
from bedside.commands.options import data_option, print_json, settings_of
from query import ParameterError, Question, QuestionError, question, questions
from query.files.tables import whole_file
from query.question import Parameter

CSV_TIME = "%Y-%m-%dT%H:%M:%S%.3f%:z"


@click.command()
@click.argument("name", metavar="[QUESTION]", required=False)
@click.option("--list", "listed", is_flag=True, help="List the questions; with QUESTION, all that there is to know.")
@click.option("--param", "-p", "given", multiple=True, metavar="NAME=VALUE", help="A parameter; as often as needed.")
@click.option("--csv", "shape", flag_value="csv", help="Print CSV with a header.")
@click.option("--json", "shape", flag_value="json", help="Print a JSON array of rows.")
@click.option("--parquet", type=click.Path(dir_okay=False, path_type=Path), help="Write a Parquet file.")
@click.option("--flux", "shape", flag_value="flux", help="Print the Flux that would be sent, and send nothing.")
@click.option("--explain", "shape", flag_value="explain", help="Say how influxlite would answer: its SQL and steps.")
@click.option("--rows", default=40, show_default=True, help="How many rows of a table to print; 0 prints all.")
@timezone_option
@click.option(
    "--token", "influx_token", help="A token for InfluxDB's API [default: $INFLUXDB_V2_TOKEN or as for the others]."
)
@data_option
def ask(
    name: str | None, listed: bool, given: tuple[str, ...], shape: str | None, parquet: Path | None, rows: int,
    timezone: str | None, influx_token: str | None, data: Path | None,
) -> None:  # fmt: skip
    """Ask QUESTION, such as breath_rate; `--list` tells which there are.

    \b
    bedside ask --list
    bedside ask --list breath_rate
    bedside ask breath_rate -p mrn=5001 -p night=2026-01-10 -p every=5m
    bedside ask quiet_rooms -p rooms=101,102,103 --json

    A time is 2026-01-10T22:00:00Z, or 2026-01-10 22:00 in the ward's zone, or now, or -6h. Where a question has start
    and stop, night=2026-01-10 stands for both.
    """
    if listed or name is None:
        _list(name)
        return
    try:
        asked = question(name)
    except QuestionError as fault:
        raise click.UsageError(str(fault)) from None
    values = _values(asked, given)
    by_nights = "night" in values or any(parameter.name == "timezone" for parameter in asked.parameters)
    with asking(settings_of(data), influx_token, zone_of(timezone, quietly=not by_nights)) as ward:
        try:
            flux = ward.bind(asked.name, **values)
        except ParameterError as fault:
            raise click.UsageError(f"{fault} (`bedside ask --list {asked.name}` tells more)") from None
        if shape == "flux":
            click.echo(flux)
        elif shape == "explain":
            click.echo(ward.connection.explain(flux), nl=False)
        else:
            _print(asked, ward.ask(asked.name, **values), str(ward.zone), shape, parquet, rows)


def _values(asked: Question, given: tuple[str, ...]) -> dict[str, str]:
    """The parameters by name; click.UsageError where one is no NAME=VALUE or is given twice."""
    values: dict[str, str] = {}
    for pair in given:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise click.UsageError(f"--param {pair}: write it as NAME=VALUE, such as --param every=5m.")
        if key in values:
            raise click.UsageError(f"--param {key} is given twice to {asked.name}.")
        values[key] = value
    return values


def _print(asked: Question, frame: pl.DataFrame, zone: str, shape: str | None, parquet: Path | None, rows: int) -> None:
    """Print the answer, or write it to the file."""
    if parquet is not None:
        with told_as_failures(), whole_file(parquet) as file:
            packed = io.BytesIO()
            frame.write_parquet(packed)
            file.write(packed.getbuffer())  # Polars has an error of its own for a disk that is full
        click.echo(f"{len(frame):,} rows in {parquet}", err=True)
    if shape == "csv":
        frame.write_csv(sys.stdout.buffer, datetime_format=CSV_TIME)
    elif shape == "json":
        print_json(list(json_rows(frame)))
    elif parquet is None and frame.is_empty():
        click.echo("Nothing: no row answers that.")
    elif parquet is None:
        zoned = any(isinstance(kind, pl.Datetime) for kind in frame.dtypes)
        show(frame, title=f"{asked.title}{f' (times in {zone})' if zoned else ''}", most=rows)
        curves(frame)


def _list(name: str | None) -> None:
    """All questions with their titles, or one of them whole."""
    console = Console(highlight=False)
    if name is None:
        grid = Table.grid(padding=(0, 2, 0, 0))
        for known in questions().values():
            grid.add_row(Text(known.name), Text(known.title))
        console.print(grid)
        console.print("\n`bedside ask --list QUESTION` tells its parameters and columns.")
        return
    try:
        asked = question(name)
    except QuestionError as fault:
        raise click.UsageError(str(fault)) from None
    console.print(Text(asked.title, style="bold"))
    for paragraph in asked.prose.split("\n\n"):
        console.print(Text(f"\n{' '.join(paragraph.split())}"))
    parameters = [(p.name, p.type.name, _default(p), p.meaning) for p in asked.parameters]
    columns = [(c.shown, c.type, "", c.meaning) for c in asked.columns]
    for head, rows in (("Parameters", parameters), ("Columns", columns)):
        grid = Table.grid(padding=(0, 2, 0, 0))
        for name, kind, default, meaning in rows:
            grid.add_row(Text(f"  {name}"), Text(f"{kind}{default}", style="dim"), Text(meaning))
        console.print(Text(f"\n{head}", style="bold"), grid, sep="\n")
    if asked.source:
        console.print(Text("\nSource", style="bold"), Text(asked.source), sep="\n")


def _default(parameter: Parameter) -> str:
    return "" if parameter.default is None else f" = {parameter.default or 'none'}"

"""`bedside stays`: who lay in a room, or where a patient lay."""

from pathlib import Path
from urllib.parse import quote

import click

from bedside.api import Api
from bedside.commands.options import data_option, json_option, print_json, settings_of, token_option
from bedside.tables import Table, moment


@click.command()
@click.option("--room", help="The stays of this room.")
@click.option("--mrn", help="The stays of this patient.")
@json_option
@token_option
@data_option
def stays(room: str | None, mrn: str | None, as_json: bool, api_token: str | None, data: Path | None) -> None:
    """Show the stays of a room or of a patient, oldest first."""
    if (room is None) == (mrn is None):
        raise click.UsageError("Name a room with --room or a patient with --mrn, one of the two.")
    path = f"/v1/rooms/{quote(room, safe='')}" if room is not None else f"/v1/patients/{quote(mrn or '', safe='')}"
    found = Api(settings_of(data), api_token).stays(path)
    if as_json:
        print_json({"stays": found})
        return
    table = Table("room", "MRN", "from", "to")
    for row in found:
        table.add_row(row["room"], row["mrn"], moment(row["from"]), moment(row["to"], none="still there"))
    if table.rows:
        table.show()
    else:
        click.echo("No stays.")

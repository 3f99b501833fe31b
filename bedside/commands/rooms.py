"""`bedside rooms`: who lies where now."""

from pathlib import Path
from urllib.parse import quote

import click

from bedside.api import Api
from bedside.commands.options import data_option, json_option, print_json, settings_of, token_option
from bedside.tables import Table, moment


@click.command()
@click.argument("room", required=False)
@json_option
@token_option
@data_option
def rooms(room: str | None, as_json: bool, api_token: str | None, data: Path | None) -> None:
    """Show every room, or one ROOM: its patient, since when, and its last reading."""
    api = Api(settings_of(data), api_token)
    answer = api.call("GET", f"/v1/rooms/{quote(room, safe='')}" if room else "/v1/rooms")
    if as_json:
        print_json(answer)
        return
    table = Table("room", "MRN", "name", "since", "last reading")
    flapping = []
    for row in [answer] if room else answer["rooms"]:
        times = [moment(row[key]) for key in ("since", "last_reading")]
        table.add_row(row["room"], row["mrn"] or "–", row["name"] or "–", *times)
        flapping += [row["room"]] if row["flapping"] else []
    if table.rows:
        table.show()
        if flapping:
            click.echo(f"Their patients change too often; are two monitors in one room? {', '.join(flapping)}")
    else:
        click.echo("No room is known yet: rooms appear with their first reading or admission.")

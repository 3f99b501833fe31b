"""`bedside quarantine`: what InfluxDB refused for good, and another try."""

from pathlib import Path
from urllib.parse import quote

import click

from bedside.api import Api
from bedside.commands.options import data_option, json_option, print_json, settings_of, token_option
from bedside.tables import Table


@click.group(invoke_without_command=True)
@json_option
@token_option
@data_option
@click.pass_context
def quarantine(context: click.Context, as_json: bool, api_token: str | None, data: Path | None) -> None:
    """Show what InfluxDB refused, and why; `bedside quarantine retry ID` sends one again."""
    if context.invoked_subcommand is not None:
        return
    answer = Api(settings_of(data), api_token).call("GET", "/v1/quarantine")
    if as_json:
        print_json(answer)
        return
    table = Table("id", "since", "status", "why")
    for row in answer["quarantine"]:
        table.add_row(*(str(row.get(key, "")) for key in ("id", "quarantined_at", "status", "reason")))
    if table.rows:
        table.show()
        click.echo("Mend the cause, then send one again: bedside quarantine retry ID")
    else:
        click.echo("Nothing is in quarantine: InfluxDB took everything.")


@quarantine.command("retry")
@click.argument("quarantine_id", metavar="ID")
@token_option
@data_option
def retry(quarantine_id: str, api_token: str | None, data: Path | None) -> None:
    """Put the point with this ID back into the outbox."""
    Api(settings_of(data), api_token).call("POST", f"/v1/quarantine/{quote(quarantine_id, safe='')}/retry")
    click.echo("It is in the outbox again; `bedside quarantine` shows it if InfluxDB still refuses it.")

"""`bedside token`: who may do what."""

from pathlib import Path
from urllib.parse import quote

import click

from bedside.api import Api
from bedside.commands.options import data_option, json_option, print_json, settings_of, token_option
from bedside.tables import Table

ROLES = ("monitor", "clinician", "analyst", "admin")


@click.group()
def token() -> None:
    """Make, list and revoke the tokens that let monitors and people in."""


@token.command("create")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--name", required=True, help="Whose token it is: a device, a person, a program.")
@click.option("--room", "rooms", multiple=True, help="Limit a monitor to this room; may be given several times.")
@click.option("--expires", "expires_at", help="When it ends: RFC 3339 with an offset, 2027-01-01T00:00:00Z.")
@json_option
@token_option
@data_option
def create(
    role: str,
    name: str,
    rooms: tuple[str, ...],
    expires_at: str | None,
    as_json: bool,
    api_token: str | None,
    data: Path | None,
) -> None:
    """Make a token for ROLE and show it, this once."""
    body: dict[str, object] = {"role": role, "name": name}
    if rooms:
        body["rooms"] = list(rooms)
    if expires_at:
        body["expires_at"] = expires_at
    answer = Api(settings_of(data), api_token).call("POST", "/v1/tokens", body)
    if as_json:
        print_json(answer)
    else:
        click.echo(answer["token"])
        click.echo("Keep it now: it is not shown again.", err=True)


@token.command("list")
@json_option
@token_option
@data_option
def list_tokens(as_json: bool, api_token: str | None, data: Path | None) -> None:
    """List the tokens, without the tokens themselves."""
    answer = Api(settings_of(data), api_token).call("GET", "/v1/tokens")
    if as_json:
        print_json(answer)
        return
    table = Table("id", "role", "name", "rooms", "expires")
    for row in answer["tokens"]:
        table.add_row(
            row["id"],
            row["role"],
            row["name"],
            ", ".join(row.get("rooms") or []) or "all",
            row["expires_at"] or "never",
        )
    table.show()


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@token_option
@data_option
def revoke(token_id: str, api_token: str | None, data: Path | None) -> None:
    """End the token with this ID at once."""
    Api(settings_of(data), api_token).call("DELETE", f"/v1/tokens/{quote(token_id, safe='')}")
    click.echo(f"Token {token_id} is revoked.")

"""Options that several subcommands share, with one wording."""

import json
import os
from pathlib import Path
from typing import Any

import click

from bedside.running import as_running
from bedside.settings import Settings

GIVEN_BY = {
    "host": "BEDSIDE_HOST",
    "port": "BEDSIDE_PORT",
    "influx_port": "BEDSIDE_INFLUX_PORT",
    "influx_url": "INFLUXDB_V2_URL",
    "influx_org": "INFLUXDB_V2_ORG",
    "influx_bucket": "BEDSIDE_BUCKET",
}

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The data folder [default: $BEDSIDE_DATA, else ./data].",
)
token_option = click.option(
    "--token",
    "api_token",
    help="A token [default: $BEDSIDE_TOKEN, $BEDSIDE_ADMIN_TOKEN, else the one kept with the data].",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for a script.")


def settings_of(data: Path | None) -> Settings:
    """The settings of a command that talks to a running Bedside.

    Without a folder named by option or environment, the demo's is taken where it alone exists: after
    `bedside up --demo` the other commands need no option to find it. Where the environment names no address, the one
    that `bedside up` announced in the folder counts.
    """
    settings = Settings.load(data=data)
    demo = Settings.load(data=data, demo=True)
    chosen = demo if not settings.data.exists() and demo.data.exists() else settings
    given = {field for field, name in GIVEN_BY.items() if os.environ.get(name)}
    if "influx_port" in given:
        given |= {"influx_url"}
    if "influx_url" in given:
        given |= {"influx_org", "external_influx"}
    return as_running(chosen, given)


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))

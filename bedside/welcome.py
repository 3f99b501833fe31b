"""What `bedside up` tells whoever started it: where things are, the first tokens, and three commands to try."""

import os
import shlex
import sys
from pathlib import Path

import click

from bedside.secrets import admin_token_file
from bedside.settings import Settings

BEDSIDE = shlex.quote(str(Path(sys.argv[0]).absolute()))


def show(settings: Settings, tokens: dict[str, str], *, demo: bool) -> None:
    """Print it; `tokens` are those made at this first start, by role, and empty later.

    With BEDSIDE_SHOW_TOKENS=no none is printed: what a container prints goes into a log that more people read.
    """
    if os.environ.get("BEDSIDE_SHOW_TOKENS") == "no":
        tokens = {}
    influx = "InfluxDB" if settings.external_influx else "influxlite"
    say = click.echo
    say("")
    say("Bedside is ready. It stores and shows; it is not for active patient monitoring.")
    say("")
    say(f"  Ward page            {settings.api_url}/ward/   (log in with a clinician's token)")
    say(f"  Readings and rooms   {settings.api_url}   (every call: {settings.api_url}/docs)")
    say(
        f"  Flux                 {settings.influx_url}   ({influx}; org {settings.influx_org}, "
        f"bucket {settings.influx_bucket})"
    )
    say(f"  Data and logs        {settings.data}")
    if demo:
        say("  Demo                 12 rooms, twelve hours of readings coming in now, then live")
    say("")
    if tokens:
        say("Tokens, shown this once:")
        for role, token in tokens.items():
            say(f"  {role:<10} {token}")
        say("")
    say(f"Another token: {BEDSIDE} token create ROLE --name WHOSE{_data_option(settings)}")
    say("")
    say("Three commands to try:")
    say("")
    for command in commands(settings, tokens):
        say(command)
    say("")
    say("Ctrl-C stops it.")
    sys.stdout.flush()


def _data_option(settings: Settings) -> str:
    """Named in full, so that a copied command works in any folder."""
    return f" --data {shlex.quote(str(settings.data))}"


def commands(settings: Settings, tokens: dict[str, str]) -> list[str]:
    """A curl that posts a reading, one command that shows the rooms, one that asks in Flux; each works anywhere."""
    kept = admin_token_file(settings)
    token = tokens.get("monitor") or (f"$(cat {shlex.quote(str(kept))})" if kept.exists() else "$BEDSIDE_ADMIN_TOKEN")
    reading = '{"room": 200, "mrn": 9001, "cpap_pressure": 9.5, "breath_rate": 14.2, "apnea_count": 0}'
    query = (
        f'from(bucket: "{settings.influx_bucket}") |> range(start: -12h) '
        '|> filter(fn: (r) => r._measurement == "cpap" and r._field == "breath_rate") |> last() '
        '|> group() |> keep(columns: ["_time", "room", "mrn", "_value"]) |> sort(columns: ["room"])'
    )
    headers = f"""-H "Authorization: Bearer {token}" -H 'Content-Type: application/json'"""
    return [
        f"curl -sS {settings.api_url}/v1/readings {headers} -d '{reading}'",
        f"{BEDSIDE} rooms{_data_option(settings)}",
        f"{BEDSIDE} flux '{query}'{_data_option(settings)}",
    ]

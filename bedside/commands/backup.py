"""`bedside backup`: everything into one file, while everything goes on."""

from pathlib import Path

import click

from bedside.commands.options import data_option, json_option, print_json, settings_of
from bedside.commands.progress import bars
from bedside.keep.backup import backup as take


@click.command()
@click.option(
    "--to", "to", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write, a tar."
)
@click.option("--influx-token", help="A token for InfluxDB's API [default: as `bedside flux`].")
@json_option
@data_option
def backup(to: Path, influx_token: str | None, as_json: bool, data: Path | None) -> None:
    """Write identity, images and points into one FILE, without stopping anything.

    Whatever was acknowledged before it began is in it, exactly once. It holds names and the folder's secret, and is not
    encrypted: keep it as you keep the data folder. `bedside forget` does not reach into backups.
    """
    with bars(quiet=as_json) as tell:
        taken = take(settings_of(data), to, tell, influx_token)
    told = taken.manifest
    if as_json:
        print_json({"file": str(to), "bytes": taken.size, **{name: told[name] for name in told if name != "members"}})
        return
    points = sum(bucket["points"] for bucket in told["buckets"])
    click.echo(
        f"{to}: {taken.size / 1e6:,.1f} MB, {points:,} points in {len(told['buckets'])} buckets, "
        f"{told['counts']['patients']:,} patients, {told['counts']['stays']:,} stays, {told['images']:,} images."
    )
    click.echo("It holds names. Keep it where only those may read it who may read the data folder.")

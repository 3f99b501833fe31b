"""`bedside restore`: a backup comes back, checked before it replaces anything."""

from pathlib import Path

import click

from bedside.commands.options import data_option, json_option, print_json
from bedside.commands.progress import bars
from bedside.keep.keys import Key, read_identities, read_passphrase
from bedside.keep.restore import restore as bring_back
from bedside.settings import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put aside what the folder and the InfluxDB hold.")
@click.option("--identity", type=click.Path(dir_okay=False, path_type=Path),
              help="The file with age's secret key, if FILE was encrypted for a recipient.")  # fmt: skip
@click.option("--passphrase-file", type=click.Path(dir_okay=False, path_type=Path),
              help="The file with the passphrase, if FILE was encrypted with one.")  # fmt: skip
@click.option("--influx-token", help="A token for INFLUXDB_V2_URL [default: $INFLUXDB_V2_TOKEN].")
@json_option
@data_option
def restore(
    file: Path,
    replace: bool,
    identity: Path | None,
    passphrase_file: Path | None,
    influx_token: str | None,
    as_json: bool,
    data: Path | None,
) -> None:
    """Bring back the backup in FILE, into an empty data folder or with --replace in the place of what is there.

    Everything is checked first: each byte against the manifest, the database, the points by counting them where they
    were written. Until all of that is done nothing is changed. Bedside must not run on the folder. Points go to the
    InfluxDB of INFLUXDB_V2_URL, else to influxlite in the folder. The audit log that comes back tells of it.
    """
    key = _key(identity, passphrase_file)
    settings = Settings.load(data=data)
    with bars(quiet=as_json) as tell:
        done = bring_back(settings, file, tell, replace=replace, token=influx_token, key=key)
    if done.finished:
        if as_json:
            print_json({"status": "finished", "data": str(settings.data)})
        else:
            click.echo("A restore that was stopped while it took its place is finished now. Nothing else was done.")
        return
    told = done.manifest
    if as_json:
        names = ("id", "begun", "counts", "buckets", "images")
        aside = {"folder": str(done.aside) if done.aside else None, "buckets": list(done.buckets_aside)}
        print_json({"status": "restored", "data": str(settings.data), "aside": aside} | {n: told[n] for n in names})
        return
    for bucket in told["buckets"]:
        name = settings.influx_bucket + bucket["ending"]
        click.echo(f"{name}: {bucket['points']:,} points, {bucket['values']:,} values, counted back.")
    counts = told["counts"]
    click.echo(
        f"{settings.data}: as of {told['begun']}, {counts['patients']:,} patients, {counts['stays']:,} stays, "
        f"{told['images']:,} images, {counts['outbox']:,} rows that wait for InfluxDB."
    )
    for what in (
        *([f"the folder {done.aside}"] if done.aside else []),
        *(f"the bucket {b}" for b in done.buckets_aside),
    ):
        click.echo(f"What was there before is kept as {what}: delete it when you need it no more.")
    click.echo("Start Bedside with `bedside up`.")


def _key(identity: Path | None, passphrase_file: Path | None) -> Key | None:
    """What opens it, None where it is not encrypted."""
    if identity and passphrase_file:
        raise click.UsageError("Give --identity or --passphrase-file, whichever the backup was made for.")
    if passphrase_file:
        return Key(passphrase=read_passphrase(passphrase_file))
    return read_identities(identity) if identity else None

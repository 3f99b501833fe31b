"""`bedside backup`: everything into one file, while everything goes on."""

from pathlib import Path

import click

from bedside.commands.options import data_option, json_option, print_json, settings_of
from bedside.commands.progress import bars
from bedside.keep.backup import backup as take
from bedside.keep.keys import Lock, for_recipients, make_key, with_passphrase


def _make_key(context: click.Context, _option: click.Parameter, file: Path | None) -> None:
    """Make a key and end."""
    if file is not None and not context.resilient_parsing:
        click.echo(make_key(file))
        click.echo(f"Give that as --recipient. Keep {file} where the backups are not: without it none opens.", err=True)
        context.exit()


@click.command()
@click.option(
    "--to", "to", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write, a tar."
)
@click.option("--recipient", "recipients", multiple=True, metavar="AGE1…",
              help="Encrypt it for this age recipient; may be given for several.")  # fmt: skip
@click.option("--passphrase-file", type=click.Path(dir_okay=False, path_type=Path),
              help="Encrypt it with the passphrase in this file.")  # fmt: skip
@click.option("--make-key", type=click.Path(dir_okay=False, path_type=Path), callback=_make_key, is_eager=True,
              expose_value=False, help="Only write a new key to this file and print its recipient.")  # fmt: skip
@click.option("--influx-token", help="A token for InfluxDB's API [default: as `bedside flux`].")
@json_option
@data_option
def backup(
    to: Path,
    recipients: tuple[str, ...],
    passphrase_file: Path | None,
    influx_token: str | None,
    as_json: bool,
    data: Path | None,
) -> None:
    """Write identity, images and points into one FILE, without stopping anything.

    Whatever was acknowledged before it began is in it, exactly once. It holds names and the folder's secret: with
    --recipient or --passphrase-file it is encrypted by age, otherwise keep it as you keep the data folder. `bedside
    forget` does not reach into backups. The audit log tells of it.
    """
    lock = _lock(recipients, passphrase_file)
    with bars(quiet=as_json) as tell:
        taken = take(settings_of(data), to, tell, influx_token, lock)
    told = taken.manifest
    if as_json:
        shown = {name: told[name] for name in told if name != "members"}
        print_json({"file": str(to), "bytes": taken.size, "encrypted": lock.kind if lock else "no", **shown})
        return
    points = sum(bucket["points"] for bucket in told["buckets"])
    click.echo(
        f"{to}: {taken.size / 1e6:,.1f} MB, {points:,} points in {len(told['buckets'])} buckets, "
        f"{told['counts']['patients']:,} patients, {told['counts']['stays']:,} stays, {told['images']:,} images."
    )
    if lock is None:
        click.echo("It holds names. Keep it where only those may read it who may read the data folder.")
    else:
        click.echo("It is encrypted. Keep what opens it elsewhere, and try once that it does.")


def _lock(recipients: tuple[str, ...], passphrase_file: Path | None) -> Lock | None:
    """For whom it is encrypted, None for nobody."""
    if recipients and passphrase_file:
        raise click.UsageError("Give --recipient or --passphrase-file: a backup has the one or the other.")
    if passphrase_file:
        return with_passphrase(passphrase_file)
    return for_recipients(recipients) if recipients else None

"""`bedside retention`: how long readings stay, and the coarser points that stay longer."""

import re
from datetime import UTC, datetime
from pathlib import Path

import click

from bedside.commands.options import data_option, json_option, print_json, settings_of
from bedside.commands.progress import bars
from bedside.errors import Failure
from bedside.keep import downsampling, points
from bedside.keep.influx import Buckets, in_use, retention_s, told_as_failures
from bedside.tables import Table, moment

DAY_S = 86_400
LEAST_DAYS, MOST_DAYS = 7, 36_500
SPANS = {"d": 1, "w": 7}


class Span(click.ParamType[int]):
    """Days or weeks as seconds; `forever` is 0."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The seconds; a wrong one fails with what it may be."""
        if isinstance(value, int):
            return value
        if value == "forever":
            return 0
        found = re.fullmatch(r"(\d{1,6})([dw])", str(value), re.ASCII)
        days = int(found[1]) * SPANS[found[2]] if found else 0
        if not LEAST_DAYS <= days <= MOST_DAYS:
            self.fail(
                f"{value!r} should be days or weeks such as 90d or 26w, {LEAST_DAYS}d or more, or forever", param, ctx
            )
        return days * DAY_S


@click.command()
@click.option("--raw", type=Span(), metavar="SPAN", help="How long readings stay: 90d, 26w, forever. 7d or more.")
@click.option("--again", is_flag=True, help="Make all coarser points anew from the readings that are there.")
@click.option("--show", is_flag=True, help="Only show. The default without --raw or --again.")
@click.option("--yes", is_flag=True, help="Do not ask before readings are deleted.")
@click.option("--influx-token", help="A token for InfluxDB's API [default: as `bedside flux`].")
@json_option
@data_option
def retention(
    raw: int | None, again: bool, show: bool, yes: bool, influx_token: str | None, as_json: bool, data: Path | None
) -> None:
    """How long readings stay, and the five-minute and hourly points of them that stay for good.

    --raw makes buckets and tasks for coarser points where they are missing, makes the points of all readings that are
    there, and only then lets InfluxDB delete readings that are older than SPAN. Readings that come later than that are
    refused with 422 `too-old`; the API knows within five minutes. Run again, it changes nothing.
    """
    if show and (raw is not None or again):
        raise click.UsageError("--show changes nothing: give it alone.")
    settings = settings_of(data)
    bucket = settings.influx_bucket
    with told_as_failures(), in_use(settings, influx_token) as address, Buckets(address) as buckets:
        there = buckets.all()
        if bucket not in there:
            raise Failure(f"InfluxDB shows no bucket {bucket} to this token: start Bedside once, which makes it.")
        if raw is not None or again:
            kept_s = retention_s(there[bucket]) if raw is None else raw
            _confirm(buckets, bucket, retention_s(there[bucket]), kept_s, yes=yes)
            downsampling.ensure(buckets, bucket, kept_s)
            with bars(quiet=as_json) as tell:
                days = downsampling.catch_up(buckets, bucket, kept_s, tell, again=again)
            if kept_s != retention_s(there[bucket]):
                buckets.keep(there[bucket], kept_s)
            if not as_json and days:
                click.echo(f"Coarser points were made of {days:,} day{'s' if days != 1 else ''}.")
        _show(buckets, bucket, as_json=as_json)


def _confirm(buckets: Buckets, bucket: str, old_s: int, new_s: int, *, yes: bool) -> None:
    """Ask before readings go; Failure where the answer is no."""
    if yes or not new_s or (old_s and old_s <= new_s):
        return
    horizon = int(datetime.now(UTC).timestamp() - new_s) * 10**9
    flux = f"{points.between(bucket, points.EARLIEST_NS, horizon)} |> count() |> group() |> sum()"
    values = sum(value for tables in buckets.connection.ask(flux) for value in tables.frame["_value"])
    if values and not click.confirm(
        f"{values:,} values are older than {new_s // DAY_S} days: InfluxDB will delete them for good, and only their "
        "coarser points stay. Night reports and adherence need the readings themselves. Go on?"
    ):
        raise Failure("Nothing was changed.")


def _show(buckets: Buckets, bucket: str, *, as_json: bool) -> None:
    """What stays how long, and how the tasks went."""
    kept = {name: retention_s(one) for name, one in sorted(buckets.all().items()) if points.belongs(name, bucket)}
    ran = downsampling.runs(buckets, bucket)
    if as_json:
        print_json({"buckets": kept, "tasks": [vars(one) for one in ran]})
        return
    table = Table("bucket", "keeps points for")
    for name, seconds in kept.items():
        table.add_row(name, f"{seconds // DAY_S:,} days" if seconds else "ever")
    table.show()
    if not ran:
        click.echo("There are no coarser points: `bedside retention --raw 90d` (or `--raw forever`) makes them.")
        return
    table = Table("task", "is", "last run", "went")
    for one in ran:
        table.add_row(one.name, one.status, moment(one.last_run), one.last_error or one.last_status)
    table.show()

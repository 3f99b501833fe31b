"""What commands share that ask for readings: the connection, the ward's zone, the reporting interval."""

import contextlib
import os
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import click

from bedside.errors import Failure, Refused, Unreachable
from bedside.secrets import find_influx_token
from bedside.settings import Settings
from query.connection import Address, Connection
from query.errors import AccessDenied, ConnectionFault, QueryError
from query.ward import Ward

timezone_option = click.option("--timezone", help="The ward's zone [default: $BEDSIDE_TIMEZONE, else UTC].")
interval_option = click.option(
    "--interval",
    type=click.FloatRange(0.001, 86_400),
    default=60.0,
    show_default=True,
    help="How often the device reports, in seconds; a reading stands for three intervals at most.",
)


def zone_of(option: str | None, quietly: bool = False) -> ZoneInfo:
    """The ward's zone; without one UTC, which is said once on stderr unless `quietly`."""
    name = option or os.environ.get("BEDSIDE_TIMEZONE")
    if not name and not quietly:
        click.echo("Nights are noon to noon in UTC: set BEDSIDE_TIMEZONE to the ward's own zone.", err=True)
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        hint = "--timezone" if option else "BEDSIDE_TIMEZONE"
        raise click.BadParameter(
            f"there is no time zone {name!r}: name one such as Europe/Vienna", param_hint=hint
        ) from None


@contextlib.contextmanager
def asking(settings: Settings, influx_token: str | None, zone: ZoneInfo) -> Iterator[Ward]:
    """A ward to ask, and its faults as those of the command line."""
    address = Address(settings.influx_url, settings.influx_org, find_influx_token(settings, influx_token))
    try:
        with Ward(Connection(address), bucket=settings.influx_bucket, timezone=str(zone)) as ward:
            yield ward
    except AccessDenied as fault:
        raise Refused(str(fault)) from None
    except ConnectionFault as fault:
        raise Unreachable(str(fault)) from None
    except QueryError as fault:
        raise Failure(str(fault)) from None

"""timezone.location, timezone.fixed, timezone.utc: values for the option `location`."""

from influxlite.flux.stdlib.arguments import refuse_nulls
from influxlite.flux.stdlib.registry import constant, function
from influxlite.flux.values import ZERO, Duration, Record
from influxlite.flux.windows import load_zone

utc = constant("{zone: string, offset: duration}", Record(zone="UTC", offset=ZERO), "The clock of UTC.")


@function("(name: string) => {zone: string, offset: duration}")
def location(name: str) -> Record:
    """The clock of a time zone by its name in the tz database; the empty name is UTC.

    import "timezone"
    option location = timezone.location(name: "Europe/Paris")
    array.from(rows: [{v: 1}])
    """
    refuse_nulls(name=name)
    if name:
        load_zone(name)
    return Record(zone=name, offset=ZERO)


@function("(offset: A) => {zone: string, offset: A}")
def fixed(offset: Duration) -> Record:
    """A clock that is ahead of UTC by `offset`, all year.

    import "timezone"
    option location = timezone.fixed(offset: -8h)
    array.from(rows: [{v: 1}])
    """
    return Record(zone="UTC", offset=offset)

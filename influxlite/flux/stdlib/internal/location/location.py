"""location.location: the time zone that windows have where nothing else is said."""

from influxlite.flux.stdlib.registry import option
from influxlite.flux.values import Duration, Record

location = option(
    "{zone: string, offset: duration}",
    Record(zone="UTC", offset=Duration()),
    "The time zone of UTC; a script sets the option `location` itself to have another one.",
)

"""Constants and options that need no import."""

from influxlite.flux.stdlib.registry import constant, option
from influxlite.flux.values import INFINITE, Duration, Record

inf = constant("duration", INFINITE, "An endless duration: as a window, all of the range.")
location = option(
    "{zone: string, offset: duration}",
    Record(zone="UTC", offset=Duration()),
    "The time zone of windows and of functions of package `date`.",
)
true = constant("bool", True, "True.")
false = constant("bool", False, "False.")

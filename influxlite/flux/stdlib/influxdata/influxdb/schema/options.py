"""The source and the range that the functions of package schema use."""

from influxlite.flux.stdlib.registry import flux, option
from influxlite.flux.values import Duration

_from = option(
    "(?bucket: string, ?bucketID: string, ?host: string, ?org: string, ?orgID: string, ?token: string) => "
    "stream[{A with _value: B, _time: time, _measurement: string, _field: string}]",
    lambda run: run.library.universe.names["from"],
    "Where tables come from; a test may set it to tables of its own.",
)
_start_default = option("duration", Duration(ns=-30 * 86_400_000_000_000), "How far back is looked where nobody says.")
_stop_default = flux("time", "now()", "Up to when is looked where nobody says.")

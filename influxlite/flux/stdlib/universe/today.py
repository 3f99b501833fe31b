"""today: the day of the query."""

from influxlite.flux.stdlib.registry import flux

today = flux(
    "() => time",
    "() => date.truncate(t: now(), unit: 1d)",
    """The midnight with which the day of `now()` began, by the option `location`.

        array.from(rows: [{begun: today() <= now()}])
    """,
    imports=("date",),
)

"""date.Sunday … Saturday, date.January … December: what weekDay and month give."""

from influxlite.flux.stdlib.registry import constant

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

CONSTANTS = {name: constant("int", number) for number, name in enumerate(DAYS)}
CONSTANTS |= {name: constant("int", number) for number, name in enumerate(MONTHS, 1)}
"""One entry for each name; the registry finds them here."""

"""die: stop with a message."""

from typing import NoReturn

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import function


@function("(msg: string) => A")
def die(msg: str) -> NoReturn:
    """End the query with the error `msg`.

    array.from(rows: [{_value: if 1 > 2 then die(msg: "never") else 1}])
    """
    raise invalid(msg)

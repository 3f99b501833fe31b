"""The argument `location` of the functions of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.windows import Location, load_zone

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

PLACE = "?location: {zone: string, offset: duration}"


def place_of(run: Run, location: Any) -> Location:
    """The clock that is meant, by default the script's option; FluxError "invalid location" for an unknown zone."""
    place = run.location(location)
    if not place.plain:
        try:
            load_zone(place.zone)
        except FluxError:
            raise invalid("invalid location") from None
    return place

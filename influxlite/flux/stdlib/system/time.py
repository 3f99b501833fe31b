"""system.time: the clock, not the query's now()."""

import time as clock

from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Time


@function("() => time", pure=False)
def time() -> Time:
    """What the clock says at this moment.

    import "system"
    array.from(rows: [{a: system.time() > 2020-01-01T00:00:00Z}])
    """
    return Time(clock.time_ns())

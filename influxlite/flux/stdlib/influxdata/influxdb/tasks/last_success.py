"""tasks.lastSuccess: when the task was last run without an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from influxlite.flux.conversions import as_time
from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import constant, flux, function, option
from influxlite.flux.values import Duration, Null, Time, is_null, type_name

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

_zero_time = constant("time", Null("time"), "No time at all.")
last_success_time = option("time", Null("time"), "When the task last succeeded; null: never.")


@function("(orTime: T, lastSuccessTime: time) => time where T: Timeable", "_lastSuccess", pure=False)
def _last_success(run: Run, or_time: Any, last_success_time: Any) -> Time:
    """`lastSuccessTime`, or `orTime` where it is null."""
    if not isinstance(or_time, (Time, Duration)):
        raise invalid(f'keyword argument "orTime" should be a time or duration, but got {type_name(or_time)}')
    if not is_null(last_success_time):
        return last_success_time
    return Time(as_time(or_time, run.now()))


last_success = flux(
    "(orTime: T) => time where T: Timeable",
    "(orTime) => _lastSuccess(orTime: orTime, lastSuccessTime: lastSuccessTime)",
    """When the task was last run without an error, or `orTime` where it never was: a time, or a duration from now.

        import "influxdata/influxdb/tasks"
        array.from(rows: [{_time: tasks.lastSuccess(orTime: 2026-01-01T00:00:00Z)}])
    """,
)

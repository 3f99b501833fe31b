"""experimental.window: windows over the columns `_time`, `_start` and `_stop`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from influxlite.flux.plan.steps import Stream
from influxlite.flux.stdlib.registry import macro

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

ROWS = "stream[{T with _start: time, _stop: time, _time: time}]"


@macro(
    f"(<-tables: {ROWS}, ?every: duration, ?period: duration, ?offset: duration,"
    f" ?location: {{zone: string, offset: duration}}, ?createEmpty: bool) => {ROWS}"
)
def window(run: Run, create_empty: bool = False, **given: Any) -> Stream:
    """Put rows into one table per window of time, as `window` of the universe does with its own columns.

    import "experimental"
    array.from(rows: [{_time: 2026-01-10T22:10:00Z, _value: 1}])
        |> range(start: 2026-01-10T22:00:00Z, stop: 2026-01-10T23:00:00Z)
        |> experimental.window(every: 30m)
    """
    return run.call(run.library.universe.names["window"], {**given, "createEmpty": create_empty})

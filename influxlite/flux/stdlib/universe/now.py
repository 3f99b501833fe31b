"""now: the time of the query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Time

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@function("() => time", pure=False)
def now(run: Run) -> Time:
    """The time at which the query began, the same throughout it; `option now = () => …` replaces it.

    array.from(rows: [{_time: now(), _value: 1}]) |> drop(columns: ["_time"])
    """
    return Time(run.now_ns)

"""explain: what of a script goes to DuckDB, with the SQL, and what stays here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from influxlite.flux.plan.trace import Trace

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.steps import Step


def explain(run: Run, start: Callable[[], Iterable[tuple[str, Step]]]) -> str:
    """Evaluate a script by `start`, read its results, and tell how that was done. What would write is not done.

    result _result
      DuckDB  from |> range |> filter |> mean
          SELECT series, avg(value::DOUBLE) AS value FROM (…) GROUP BY series  -- 160 rows, 15.2 ms
          160 tables, 160 rows, 18.0 ms
      frames  map: 160 tables, 160 rows, 1.1 ms
    """
    trace = run.trace = Trace()
    for name, step in start():
        trace.result(name)
        run.step_tables(step)
    return "\n".join(trace.lines) + "\n"

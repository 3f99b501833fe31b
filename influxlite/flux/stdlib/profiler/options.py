"""profiler.enabledProfilers: what is measured while a script runs (`influxlite.flux.plan.profile`)."""

from influxlite.flux.stdlib.registry import option

enabled_profilers = option(
    "[string]", [""], '"query", "operator" or both: how long a query and its steps took, as a result `_profiler`.'
)

"""profiler.enabledProfilers: what is measured while a script runs."""

from influxlite.flux.stdlib.registry import option

enabled_profilers = option("[string]", [""], 'Names of profilers, "query" or "operator"; nothing is measured here.')

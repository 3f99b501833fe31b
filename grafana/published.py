"""The generated dashboards and alert rules as data, for whoever draws or evaluates them without Grafana."""

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

GENERATED = Path(__file__).parent / "generated"
ORDER = ("ward", "room", "patient-night", "trends", "pipeline")


@functools.cache
def dashboards() -> Mapping[str, Mapping[str, Any]]:
    """Each dashboard in Grafana's JSON by its name (`ward`; its uid is `bedside-ward`), in the order of use."""
    return {name: json.loads((GENERATED / "dashboards" / f"{name}.json").read_text("utf-8")) for name in ORDER}


@functools.cache
def alert_rules() -> Sequence[Mapping[str, Any]]:
    """The alert rules: `uid`, `title`, the Flux `query`, `over_s` seconds before now that it looks at, `evaluator` (gt,
    gte, lt, outside_range_included) and its `bounds`, how long it must hold (`for`), `no_data`, `severity`, `team`, and
    for people `summary` (a template of Grafana's) and `description`. A query answers `_value`, and `room` but for the
    system's own.
    """
    return json.loads((GENERATED / "alerts.json").read_text("utf-8"))

"""The generated dashboards and alert rules as data, for whoever draws or evaluates them without Grafana."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GENERATED = Path(__file__).parent / "generated"
ORDER = ("ward", "room", "patient-night", "trends", "pipeline")


@functools.cache
def dashboards() -> Mapping[str, Mapping[str, Any]]:
    """Each dashboard in Grafana's JSON by its name (`ward`; its uid is `bedside-ward`), in the order of use."""
    return {name: json.loads((GENERATED / "dashboards" / f"{name}.json").read_text("utf-8")) for name in ORDER}

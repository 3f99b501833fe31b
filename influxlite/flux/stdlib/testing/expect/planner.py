"""expect.planner: which rules of Flux's planner a test of Flux expects."""

from __future__ import annotations

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Dict, Record


@function("(rules: [string:int]) => {}", pure=False)
def planner(rules: Dict) -> Record:  # noqa: ARG001 - they are not looked at
    """An error: only where Flux tests itself is there anybody to expect something of.

    import "experimental"
    import "testing/expect"
    array.from(rows: [{msg: experimental.catch(fn: () => expect.planner(rules: ["PushDownRangeRule": 1])).msg}])
    """
    raise invalid("testing framework not configured in this context")

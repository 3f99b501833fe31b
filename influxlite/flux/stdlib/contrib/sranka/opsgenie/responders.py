"""opsgenie.respondersToJSON: who is called."""

from __future__ import annotations

import json

from influxlite.flux.errors import FluxError
from influxlite.flux.stdlib.registry import function

PREFIXES = {"user": "username", "team": "name", "escalation": "name", "schedule": "name"}


@function("(v: [string]) => string", "respondersToJSON", nulls=False)
def responders_to_json(v: list[str]) -> str:
    """Texts such as "user:anna" or "team:night" as the JSON that Opsgenie takes.

    import "contrib/sranka/opsgenie"
    array.from(rows: [{v: opsgenie.respondersToJSON(v: ["user:anna", "team:night"])}])
    """
    found = []
    for text in v:
        kind, colon, name = text.partition(":")
        if not colon or kind not in PREFIXES:
            known = ",".join(f"'{prefix}:'" for prefix in PREFIXES)
            raise FluxError("internal error", f'unsupported responder "{text}", it must start with one of [{known}]')
        found.append({"type": kind, PREFIXES[kind]: name})
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False)

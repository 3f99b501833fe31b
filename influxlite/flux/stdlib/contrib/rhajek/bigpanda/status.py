"""bigpanda.statusFromLevel: what BigPanda calls levels."""

from influxlite.flux.stdlib.registry import function

STATUSES = {"warn": "warning", "crit": "critical", "info": "ok", "ok": "ok"}


@function("(level: string) => string", nulls=False)
def status_from_level(level: str) -> str:
    """The status of a level of `monitor`; critical where it is none.

    import "contrib/rhajek/bigpanda"
    array.from(rows: [{v: bigpanda.statusFromLevel(level: "warn")}])
    """
    return STATUSES.get(level.lower(), "critical")

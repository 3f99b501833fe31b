"""monitor.stateChanges, stateChangesOnly: the rows at which the level becomes another."""

from influxlite.flux.stdlib.registry import flux

STEPS = (
    "(<-tables: stream[{C with _level: D}], ?fromLevel: A, ?toLevel: B) => stream[E] where A: Equatable, B: "
    "Equatable, D: Equatable, E: Record"
)
CHANGED = """
        |> duplicate(column: "_level", as: "____temp_level____")
        |> drop(columns: ["_level"])
        |> rename(columns: {"____temp_level____": "_level"})
        |> sort(columns: ["_source_timestamp", "_time"], desc: false)
        |> difference(columns: ["level_value"])
        |> filter(fn: (r) => %s)
        |> drop(columns: ["level_value"])
        |> experimental.group(mode: "extend", columns: ["_level"])"""
"""The level leaves the group key, so that a step from one level to the next is seen, and joins it again at the end."""

_state_changes = flux(
    STEPS,
    """(fromLevel="any", toLevel="any", tables=<-) => {
        reached = if toLevel == "any" then (r) => r._level != fromLevel and exists r._level
            else (r) => r._level == toLevel
        left = if fromLevel == "any" then (r) => r._level != toLevel and exists r._level
            else (r) => r._level == fromLevel

        return tables
        |> map(fn: (r) => ({r with level_value: if reached(r: r) then 1 else if left(r: r) then 0 else -10}))"""
    + CHANGED % "r.level_value == 1"
    + "}",
    "`stateChanges` from or to one level.",
    imports=("experimental",),
)
state_changes_only = flux(
    "(<-tables: stream[{A with _level: B}]) => stream[C] where B: Equatable, C: Record",
    """(tables=<-) => tables
        |> map(fn: (r) => ({r with level_value:
            if r._level == levelCrit then 4
            else if r._level == levelWarn then 3
            else if r._level == levelInfo then 2
            else if r._level == levelOK then 1
            else 0
        }))"""
    + CHANGED % "r.level_value != 0",
    """The rows whose level differs from that of the row before.

        import "influxdata/influxdb/monitor"
        array.from(rows: [
            {_time: 2026-01-01T00:00:00Z, _source_timestamp: 1, _level: "ok"},
            {_time: 2026-01-01T00:01:00Z, _source_timestamp: 2, _level: "crit"},
        ]) |> monitor.stateChangesOnly()
    """,
    imports=("experimental",),
)
state_changes = flux(
    STEPS,
    """(fromLevel="any", toLevel="any", tables=<-) =>
        if fromLevel == "any" and toLevel == "any" then tables |> stateChangesOnly()
        else tables |> _stateChanges(fromLevel: fromLevel, toLevel: toLevel)""",
    """The rows at which the level goes from `fromLevel` to `toLevel`; "any" stands for all levels.

        import "influxdata/influxdb/monitor"
        array.from(rows: [
            {_time: 2026-01-01T00:00:00Z, _source_timestamp: 1, _level: "ok"},
            {_time: 2026-01-01T00:01:00Z, _source_timestamp: 2, _level: "crit"},
        ]) |> monitor.stateChanges(toLevel: "crit")
    """,
)

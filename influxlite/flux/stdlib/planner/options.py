"""planner.disableLogicalRules, disablePhysicalRules: rules that a script does without."""

from influxlite.flux.stdlib.registry import option

disable_logical_rules = option("[string]", [""], "Names of rules of InfluxDB's planner; ours has others.")
disable_physical_rules = option("[string]", [""], "Names of rules of InfluxDB's planner; ours has others.")

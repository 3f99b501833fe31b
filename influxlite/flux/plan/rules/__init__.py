"""The rules by which a scan swallows steps, in the order in which they are tried.

A rule is a function (run, step, scan) -> the grown scan, or None where it does not apply.
"""

from influxlite.flux.plan.rules.push_filter import hold_filter, push_filter
from influxlite.flux.plan.rules.push_group import push_group
from influxlite.flux.plan.rules.push_group_end import push_group_end
from influxlite.flux.plan.rules.push_range import push_range

NEEDED_RULES = (
    push_range,
    hold_filter,
    push_group,
    push_group_end,
)
"""What is done with pushdown off too: these change answers, as they do in InfluxDB."""

RULES = (
    push_range,
    push_filter,
    push_group,
    push_group_end,
)
"""All rules."""

"""The rules by which a scan swallows steps, in the order in which they are tried.

A rule is a function (run, step, scan) -> the grown scan, or None where it does not apply.
"""

from influxlite.flux.plan.rules.push_filter import hold_filter, push_filter
from influxlite.flux.plan.rules.push_group import push_group
from influxlite.flux.plan.rules.push_group_end import push_group_end
from influxlite.flux.plan.rules.push_range import push_range
from influxlite.flux.plan.rules.push_schema import push_tag_keys, push_tag_values

CHAIN_RULES = (
    push_tag_keys,
    push_tag_values,
)
"""Rules that look at several steps at once: (run, step, scan_of) -> a scan for all of them, or None."""

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

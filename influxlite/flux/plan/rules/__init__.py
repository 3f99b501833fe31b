"""The rules by which a scan swallows steps, in the order in which they are tried.

A rule is a function (run, step, scan) -> the grown scan, or None where it does not apply.
"""

from influxlite.flux.plan.rules.push_aggregate import push_aggregate
from influxlite.flux.plan.rules.push_distinct import push_distinct
from influxlite.flux.plan.rules.push_filter import hold_filter, push_filter
from influxlite.flux.plan.rules.push_group import push_group
from influxlite.flux.plan.rules.push_group_count import hold_group_count
from influxlite.flux.plan.rules.push_group_end import hold_group_end, push_group_end
from influxlite.flux.plan.rules.push_limit import push_limit, push_sorted_limit
from influxlite.flux.plan.rules.push_range import push_range
from influxlite.flux.plan.rules.push_regroup import push_regroup
from influxlite.flux.plan.rules.push_schema import push_tag_keys, push_tag_values
from influxlite.flux.plan.rules.push_selector import push_selector
from influxlite.flux.plan.rules.push_window import push_window

NEEDED_CHAIN_RULES = (
    push_tag_keys,
    push_tag_values,
)
"""Rules that look at several steps at once: (run, step, scan_of) -> a scan for all of them, or None.

These, like `NEEDED_RULES`, are used with pushdown off too: they change answers, as they do in InfluxDB.
"""

CHAIN_RULES = (
    *NEEDED_CHAIN_RULES,
    push_sorted_limit,
)
"""All of them."""

NEEDED_RULES = (
    push_range,
    hold_filter,
    push_group,
    hold_group_end,
    hold_group_count,
)
"""What is done with pushdown off too."""

RULES = (
    push_range,
    push_filter,
    push_group,
    push_group_end,
    push_regroup,
    push_selector,
    push_aggregate,
    push_window,
    push_distinct,
    push_limit,
)
"""All rules."""

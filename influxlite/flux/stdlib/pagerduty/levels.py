"""pagerduty.severityFromLevel, actionFromLevel, actionFromSeverity, dedupKey: what PagerDuty calls things."""

from __future__ import annotations

import hashlib

import polars as pl

from influxlite.flux.conversions import float_text, to_text
from influxlite.flux.execute.block import Block, Tables, key_order
from influxlite.flux.stdlib.registry import function, transformation
from influxlite.flux.vectors import scalar

SEVERITIES = {"warn": "warning", "crit": "critical", "info": "info", "ok": "info"}
KEY = "_pagerdutyDedupKey"
EXCLUDED = ("_start", "_stop", "_level")


@function("(level: string) => string", nulls=False)
def severity_from_level(level: str) -> str:
    """The severity of a level of `monitor`: warning, critical, info or error.

    import "pagerduty"
    array.from(rows: [{v: pagerduty.severityFromLevel(level: "crit")}])
    """
    return SEVERITIES.get(level.lower(), "error")


@function("(severity: string) => string", nulls=False)
def action_from_severity(severity: str) -> str:
    """resolve for ok, trigger for all else.

    import "pagerduty"
    array.from(rows: [{v: pagerduty.actionFromSeverity(severity: "ok")}])
    """
    return "resolve" if severity.lower() == "ok" else "trigger"


@function("(level: string) => string", nulls=False)
def action_from_level(level: str) -> str:
    """resolve for ok, trigger for all else.

    import "pagerduty"
    array.from(rows: [{v: pagerduty.actionFromLevel(level: "crit")}])
    """
    return action_from_severity.python(level)


@transformation("(<-tables: stream[A], ?exclude: [string]) => stream[{A with _pagerdutyDedupKey: string}]")
def dedup_key(tables: Tables, exclude: list[str] | None = None) -> Tables:
    """A column `_pagerdutyDedupKey` that is the same for all rows of one group key: its SHA-256, without `exclude`.

    import "pagerduty"
    array.from(rows: [{room: "101", _value: 1}]) |> group(columns: ["room"]) |> pagerduty.dedupKey()
    """
    apart = EXCLUDED if exclude is None else exclude
    out: Tables = []
    for block in tables:
        names = sorted(name for name in block.key if name not in apart)
        hashes = pl.Series([_hash(block, names, number) for number in range(block.table_count)], dtype=pl.String())
        out.append(block.with_column(KEY, hashes.gather(block.tables), "string"))
    return key_order(out)


def _hash(block: Block, names: list[str], number: int) -> str:
    texts = [f"{name}\n{_text(scalar(block.keys[name][number], block.columns[name]))}\n" for name in names]
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def _text(value: object) -> str:
    if isinstance(value, float):
        return float_text(value)
    return "" if value is None else to_text(value)

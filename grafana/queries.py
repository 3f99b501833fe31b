"""Every query that the generated dashboards and alert rules ask, and how Grafana fills it in.

For whoever runs them without Grafana: tests, benchmarks.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from grafana import published

VARIABLE = re.compile(r"\$\{(\w+):(percentencode|raw)\}")
MEMBER = re.compile(r"[a-zA-Z]+\.([a-zA-Z]+)")
"""What Grafana's data source takes for one of its own variables: only the word behind the dot counts."""
SOURCE_BUCKET = '"telemetry"'
"""The data source's default bucket, as `grafana/provisioning` has it."""


@dataclass(frozen=True)
class Asked:
    """A query: which dashboard (or `alerts`), `variable`, `annotation`, `panel` or `alert`, its title, and the Flux."""

    dashboard: str
    kind: str
    title: str
    flux: str


def asked() -> Iterator[Asked]:
    """All queries, in the order in which a dashboard needs them."""
    for name, board in published.dashboards().items():
        for variable in board.get("templating", {}).get("list", []):
            yield Asked(name, "variable", variable["name"], variable["query"]["query"])
        for annotation in board.get("annotations", {}).get("list", []):
            yield Asked(name, "annotation", annotation["name"], annotation["target"]["query"])
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                title = panel["title"] if target["refId"] == "A" else f"{panel['title']} ({target['refId']})"
                yield Asked(name, "panel", title, target["query"])
    for rule in published.alert_rules():
        yield Asked("alerts", "alert", rule["title"], rule["query"])


def filled(flux: str, values: Mapping[str, str], start: datetime, stop: datetime, window: str = "1m") -> str:
    """A query as Grafana sends it: dashboards' variables by their formats, then the time range, the window and the
    data source's bucket.

    A variable that is not among `values` stays as it is, as in Grafana.
    """

    def value(match: re.Match[str]) -> str:
        name, how = match.groups()
        if name not in values:
            return match[0]
        return quote(values[name], safe="") if how == "percentencode" else values[name]

    own = {
        "timeRangeStart": _instant(start),
        "timeRangeStop": _instant(stop),
        "windowPeriod": window,
        "bucket": SOURCE_BUCKET,
        "defaultBucket": SOURCE_BUCKET,
    }
    return MEMBER.sub(lambda match: own.get(match[1], match[0]), VARIABLE.sub(value, flux))


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

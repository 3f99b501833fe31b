"""The alert rules that `grafana/` publishes: a question, a limit, and for how long it must be broken.

A question answers with a row for each room, or with one row: its texts are the labels, `_value` is judged, the newest
row of the same labels counts.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ward.columns import Table

Labels = tuple[tuple[str, str], ...]
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
_LABEL = re.compile(r"\{\{\s*[.$][Ll]abels\.(\w+)\s*\}\}")
_VALUE = re.compile(
    r"\{\{\s*(?:printf\s+\"(?P<form>%\.\df)\"\s+|(?P<duration>humanizeDuration)\s+)?[.$][Vv]alues?(?:\.\w+)*\s*\}\}"
)
EVALUATORS: Mapping[str, Callable[[float, Sequence[float]], bool]] = {
    "gt": lambda value, bounds: value > bounds[0],
    "gte": lambda value, bounds: value >= bounds[0],
    "lt": lambda value, bounds: value < bounds[0],
    "lte": lambda value, bounds: value <= bounds[0],
    "outside_range": lambda value, bounds: value < bounds[0] or value > bounds[1],
    "outside_range_included": lambda value, bounds: value <= bounds[0] or value >= bounds[1],
    "within_range": lambda value, bounds: bounds[0] < value < bounds[1],
    "within_range_included": lambda value, bounds: bounds[0] <= value <= bounds[1],
}


@dataclass(frozen=True)
class Rule:
    """One rule. A row breaks it where `breaks(value)`; it fires when it was broken for `for_s` seconds.

    `over_s` is how far back its question looks; `no_data` is `Alerting` where no row at all breaks it, too.
    """

    uid: str
    title: str
    flux: str
    over_s: float
    evaluator: str
    bounds: tuple[float, ...]
    for_s: float
    no_data: str
    severity: str
    summary: str
    description: str

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Rule":
        """A rule as `grafana.published.alert_rules` tells it; KeyError for an evaluator that is not known here."""
        EVALUATORS[given["evaluator"]]
        return cls(
            uid=given["uid"],
            title=given["title"],
            flux=given["query"],
            over_s=float(given["over_s"]),
            evaluator=given["evaluator"],
            bounds=tuple(map(float, given["bounds"])),
            for_s=seconds(given["for"]),
            no_data=given["no_data"],
            severity=given["severity"],
            summary=given["summary"],
            description=given["description"],
        )

    def breaks(self, value: float) -> bool:
        """Whether the value is beyond the limit."""
        return EVALUATORS[self.evaluator](value, self.bounds)

    def values(self, tables: list[Table]) -> dict[Labels, float]:
        """The newest value of every row's labels."""
        found: dict[Labels, float] = {}
        for table in tables:
            for row in table.rows():
                value = row.get("_value")
                if isinstance(value, int | float):
                    texts = {name: text for name, text in row.items() if isinstance(text, str) and name[0] != "_"}
                    found[tuple(sorted(texts.items()))] = float(value)
        return found

    def told(self, labels: Mapping[str, str], value: float | None) -> str:
        """The summary with Grafana's `{{ .Labels.room }}`, `{{ printf "%.0f" .Values.B.Value }}` and `humanizeDuration`
        filled in.
        """

        def figure(found: re.Match[str]) -> str:
            if value is None:
                return "no"
            return humanized(value) if found["duration"] else (found["form"] or "%.6g") % value

        return _VALUE.sub(figure, _LABEL.sub(lambda found: labels.get(found[1], "?"), self.summary))


def humanized(duration_s: float) -> str:
    """Seconds as Prometheus' and Grafana's `humanizeDuration` writes them: `41m 16s`, `1d 2h 0m 5s`."""
    if duration_s < 1:
        return f"{duration_s:.4g}s"
    minutes, whole_s = divmod(int(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (whole_s, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{count}{unit}" for count, unit in parts)


def seconds(duration: str) -> float:
    """How long a duration of Grafana's is: `90s`, `2m`, `1h30m`."""
    return sum(float(count) * _UNITS_S[unit] for count, unit in _DURATION.findall(duration))

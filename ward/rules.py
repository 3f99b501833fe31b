"""Alert rules as Grafana's provisioning files say them: a question, a reduction, a threshold, and for how long.

Read are the expressions that such a rule is made of: `reduce` and `threshold`, each naming the one before it; a rule
with others is for Grafana alone and left out. What a table's row is called: its texts (room, mrn) are the labels, its
number is the value, as in Grafana.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ward.columns import Table
from ward.dashboards import flux_of

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_LABEL = re.compile(r"\{\{-?\s*(?:index\s+)?\$labels\.?\s*[\"']?(\w+)[\"']?\s*-?\}\}")
_VALUE = re.compile(r"\{\{-?[^{}]*\$values?\b[^{}]*\}\}")
REDUCERS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "last": lambda values: values[-1],
    "max": max,
    "min": min,
    "mean": lambda values: math.fsum(values) / len(values),
    "sum": math.fsum,
    "count": lambda values: float(len(values)),
}
EVALUATORS: Mapping[str, Callable[[float, Sequence[float]], bool]] = {
    "gt": lambda value, limits: value > limits[0],
    "gte": lambda value, limits: value >= limits[0],
    "lt": lambda value, limits: value < limits[0],
    "lte": lambda value, limits: value <= limits[0],
    "eq": lambda value, limits: value == limits[0],
    "ne": lambda value, limits: value != limits[0],
    "within_range": lambda value, limits: limits[0] < value < limits[1],
    "outside_range": lambda value, limits: value < limits[0] or value > limits[1],
}


@dataclass(frozen=True)
class Rule:
    """One rule. A row breaks it where `breaks(value)`; it fires when it was broken for `for_s` seconds."""

    uid: str
    title: str
    flux: str
    look_back_s: float
    reducer: str
    evaluator: str
    limits: tuple[float, ...]
    for_s: float
    no_data: str
    severity: str
    summary: str
    description: str

    def breaks(self, value: float) -> bool:
        """Whether the value is beyond the threshold."""
        return EVALUATORS[self.evaluator](value, self.limits)

    def values(self, tables: list[Table]) -> dict[tuple[tuple[str, str], ...], float]:
        """The value of every series of an answer, by its labels."""
        gathered: dict[tuple[tuple[str, str], ...], list[float]] = {}
        for table in tables:
            kinds = table.kinds
            for row in table.rows():
                number = next((row[n] for n in row if kinds[n] == "number" and row[n] is not None), None)
                if number is not None:
                    texts = {n: str(row[n]) for n in row if kinds[n] == "string" and row[n] and not n.startswith("_")}
                    gathered.setdefault(tuple(sorted(texts.items())), []).append(float(number))
        return {labels: REDUCERS[self.reducer](values) for labels, values in gathered.items()}

    def text(self, template: str, labels: Mapping[str, str], value: float | None) -> str:
        """A summary or description with Grafana's `{{ $labels.room }}` and `{{ $values.B }}` replaced."""
        number = "no value" if value is None else f"{value:.6g}"
        filled = _LABEL.sub(lambda found: labels.get(found[1], "?"), template)
        return _VALUE.sub(number, filled)


def seconds(duration: str) -> float:
    """How long a duration of Grafana's is: `90s`, `2m`, `1h30m`."""
    return math.fsum(float(count) * _UNITS_S[unit] for count, unit in _DURATION.findall(duration))


def rules_of(document: Mapping[str, Any]) -> list[Rule]:
    """The rules of a provisioning document (`{"groups": [{"rules": […]}]}`) that can be evaluated here."""
    listed = [rule for group in document.get("groups") or [] for rule in group.get("rules") or []]
    return [rule for rule in map(_rule, listed) if rule is not None]


def _rule(given: Mapping[str, Any]) -> Rule | None:
    steps = {str(step.get("refId")): step for step in given.get("data") or []}
    threshold = (steps.get(str(given.get("condition"))) or {}).get("model") or {}
    before = (steps.get(str(threshold.get("expression"))) or {}).get("model") or {}
    reduce = before if before.get("type") == "reduce" else {}
    question = steps.get(str(reduce.get("expression") or threshold.get("expression"))) or {}
    flux = flux_of(question.get("model") or {})
    evaluator = ((threshold.get("conditions") or [{}])[0]).get("evaluator") or {}
    reducer = str(reduce.get("reducer") or "last")
    if not flux or threshold.get("type") != "threshold" or evaluator.get("type") not in EVALUATORS:
        return None
    if reducer not in REDUCERS:
        return None
    labels, notes = given.get("labels") or {}, given.get("annotations") or {}
    return Rule(
        uid=str(given.get("uid")),
        title=str(given.get("title")),
        flux=flux,
        look_back_s=float((question.get("relativeTimeRange") or {}).get("from") or 600),
        reducer=reducer,
        evaluator=str(evaluator["type"]),
        limits=tuple(float(limit) for limit in evaluator.get("params") or [0]),
        for_s=seconds(str(given.get("for") or "0s")),
        no_data=str(given.get("noDataState") or "NoData"),
        severity=str(labels.get("severity") or "warning"),
        summary=str(notes.get("summary") or given.get("title")),
        description=str(notes.get("description") or ""),
    )

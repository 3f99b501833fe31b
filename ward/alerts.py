"""Which alerts fire: every rule's question is asked from time to time, in one thread, and its rows are judged.

A row that breaks its rule is pending until it has done so for the rule's time, then it fires; a row that does not, or
is there no more, is over. This shows what Grafana's alerting shows and is, like it, not for active patient monitoring.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ward.columns import Table
from ward.errors import NotFound, Problem
from ward.interpolate import Span, interpolate
from ward.rules import Rule
from ward.settings import WardSettings
from ward.silences import Silence

MOST_ALERTS = 5_000
SEVERITIES = ("critical", "warning", "info")
logger = logging.getLogger("ward")


@dataclass
class Alert:
    """One row of a rule that is broken now; `value` is None where there is no data, which the rule calls an alert."""

    id: str
    rule: Rule
    labels: dict[str, str]
    value: float | None
    since_ms: int
    fires: bool = False

    def document(self, silence: Silence | None) -> dict[str, Any]:
        """The alert as the page shows it."""
        return {
            "id": self.id,
            "title": self.rule.title,
            "severity": self.rule.severity,
            "state": "firing" if self.fires else "pending",
            "since_ms": self.since_ms,
            "labels": self.labels,
            "value": self.value,
            "summary": self.rule.told(self.labels, self.value),
            "description": self.rule.description,
            "silence": None if silence is None else silence.document(),
        }


class Alerts:
    """The alerts of a ward; `ask` answers a question, `over` is told the id of an alert that is over."""

    def __init__(
        self,
        settings: WardSettings,
        rules: list[Rule],
        ask: Callable[[str], list[Table]],
        over: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._ask = ask
        self._over = over
        self._lock = threading.Lock()
        self._alerts: dict[str, Alert] = {}
        self._problems: dict[str, str] = {}
        self._evaluated_ms: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)

    def start(self) -> None:
        """Evaluate from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Evaluate no more."""
        self._stop.set()
        self._thread.join(5.0)

    def find(self, id_: str) -> Alert:
        """The alert with that id, pending or firing; raises `NotFound` where it is over."""
        with self._lock:
            found = self._alerts.get(id_)
        if found is None:
            raise NotFound("no-alert", "That alert is over.")
        return found

    def document(self, silences: Mapping[str, Silence]) -> dict[str, Any]:
        """All alerts, those that fire and are not silenced first, then the gravest, then the oldest."""
        with self._lock:
            alerts, problems, evaluated_ms = list(self._alerts.values()), dict(self._problems), self._evaluated_ms
        ranks = {severity: rank for rank, severity in enumerate(SEVERITIES)}

        def order(alert: Alert) -> tuple[bool, bool, int, int]:
            return alert.id in silences, not alert.fires, ranks.get(alert.rule.severity, 9), alert.since_ms

        return {
            "rules": len(self._rules),
            "evaluated_ms": evaluated_ms,
            "problems": [{"title": title, "detail": detail} for title, detail in sorted(problems.items())],
            "alerts": [alert.document(silences.get(alert.id)) for alert in sorted(alerts, key=order)],
        }

    def evaluate(self, now_ms: int) -> None:
        """Ask every rule's question once."""
        settings = self._settings
        fixed = {"timezone": [settings.timezone.key]}
        for rule in self._rules:
            if self._stop.is_set():
                return
            span = Span(now_ms - int(rule.over_s * 1000), now_ms)
            try:
                flux = interpolate(rule.flux, fixed, span, bucket=settings.influx_bucket, org=settings.influx_org)
                values = rule.values(self._ask(flux))
            except Problem as problem:
                with self._lock:
                    self._problems[rule.title] = problem.detail
                continue
            self._judge(rule, values, now_ms)
        with self._lock:
            self._evaluated_ms = now_ms

    def _judge(self, rule: Rule, values: dict[tuple[tuple[str, str], ...], float], now_ms: int) -> None:
        """Take a rule's rows: begin, go on with and end its alerts."""
        broken: dict[str, tuple[dict[str, str], float | None]] = {
            _id(rule, dict(labels)): (dict(labels), value) for labels, value in values.items() if rule.breaks(value)
        }
        if not values and rule.no_data == "Alerting":
            broken[_id(rule, {})] = ({}, None)
        with self._lock:
            self._problems.pop(rule.title, None)
            for id_, (labels, value) in broken.items():
                if id_ not in self._alerts and len(self._alerts) < MOST_ALERTS:
                    self._alerts[id_] = Alert(id_, rule, labels, value, now_ms)
                if (alert := self._alerts.get(id_)) is not None:
                    alert.value = value
                    alert.fires = alert.fires or now_ms - alert.since_ms >= rule.for_s * 1000
            over = [id_ for id_, alert in self._alerts.items() if alert.rule is rule and id_ not in broken]
            for id_ in over:
                del self._alerts[id_]
        for id_ in over:
            self._over(id_)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.evaluate(int(time.time() * 1000))
            except Exception as fault:
                logger.error("the alerts could not be evaluated: %s", type(fault).__name__)
            self._stop.wait(self._settings.evaluate_every_s)


def _id(rule: Rule, labels: Mapping[str, str]) -> str:
    return "|".join([rule.uid, *(f"{name}={value}" for name, value in sorted(labels.items()))])

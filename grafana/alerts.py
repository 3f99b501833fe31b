"""The alert rules, and whom they tell.

Each rule is a question that answers with one row a room (or one at all), and a limit. A rule names a room and never a
patient: what it says leaves the house by mail. Every rule says that Bedside is not for active patient monitoring.

`no_data` is what holds when the question has no row. For measurements it is `OK`: no row is a ward in which nobody
reports, which the rule on silent monitors tells, and that rule's no row is a ward in which nobody lies. Only the outbox
must always be told of: no row means that the pipeline does not run or does not reach InfluxDB.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from grafana.flux import DATASOURCE_UID, STAYS, flux
from grafana.thresholds import APNEAS, BREATH_RATE, LEAK, OUTBOX_AGE, SILENCE, SPO2

FOLDER, GROUP, INTERVAL = "Bedside", "bedside", "1m"
NOT_FOR_MONITORING = "Bedside stores and shows; it is not for active patient monitoring."
SHOWN = {"ward": ("ward", "Rooms, worst first"), "system": ("pipeline", "Outbox: age of the oldest")}
"""Where each team sees what a rule is about: a dashboard, and the title of its panel."""


@dataclass(frozen=True)
class Alert:
    """A rule: what it asks, over which last seconds, and when it fires.

    `fires` is Grafana's evaluator with its bounds: `gt`, `gte` or `lt` one, `outside_range_included` of two. `hold` is
    how long it must be so before anybody is told.
    """

    name: str
    title: str
    asked: str
    over_s: int
    fires: tuple[Literal["gt", "gte", "lt", "outside_range_included"], tuple[float, ...]]
    hold: str
    summary: str
    why: str
    severity: Literal["warning", "critical"]
    team: Literal["ward", "system"] = "ward"
    no_data: Literal["OK", "Alerting"] = "OK"
    expressions: dict[str, str] = field(default_factory=dict)

    @property
    def flux(self) -> str:
        """The Flux of its question."""
        return flux(self.asked, **self.expressions)


ALERTS = (
    Alert(
        "silent-monitor", "Silent monitor", "silent_rooms", 86_400, ("gt", (180,)), "2m",
        "Room {{ .Labels.room }}: no reading for {{ humanizeDuration .Values.B.Value }}",
        f"{SILENCE.source} Only rooms where somebody lies by the stays should report.", "critical",
        expressions={"stays_start": STAYS},
    ),
    Alert(
        "apneas", "Apneas", "recent_by_room", 600, ("gte", (2,)), "0s",
        "Room {{ .Labels.room }}: {{ printf \"%.0f\" .Values.B.Value }} apneas in a reading of the last 10 minutes",
        APNEAS.source, "warning", expressions={"field": '"apnea_count"', "figure": '"largest"'},
    ),
    Alert(
        "leak", "Large leak", "recent_by_room", 600, ("gt", (24,)), "5m",
        "Room {{ .Labels.room }}: mean leak of 10 minutes is {{ printf \"%.0f\" .Values.B.Value }} L/min",
        LEAK.source, "warning", expressions={"field": '"leak_rate"'},
    ),
    Alert(
        "spo2", "Low SpO2", "recent_by_room", 300, ("lt", (90,)), "5m",
        "Room {{ .Labels.room }}: mean SpO2 of 5 minutes is {{ printf \"%.0f\" .Values.B.Value }} %",
        SPO2.source, "critical", expressions={"field": '"spo2"'},
    ),
    Alert(
        "breath-rate", "Breath rate", "recent_by_room", 300, ("outside_range_included", (8, 25)), "5m",
        "Room {{ .Labels.room }}: mean breath rate of 5 minutes is {{ printf \"%.1f\" .Values.B.Value }} /min",
        BREATH_RATE.source, "warning", expressions={"field": '"breath_rate"'},
    ),
    Alert(
        "outbox-age", "Readings do not reach InfluxDB", "pipeline_outbox", 300, ("gt", (300,)), "1m",
        "The oldest reading has waited {{ humanizeDuration .Values.B.Value }} for InfluxDB",
        f"{OUTBOX_AGE.source} Without a figure the pipeline itself is silent: it does not run, or InfluxDB is away.",
        "critical", team="system", no_data="Alerting",
    ),
)  # fmt: skip


def rule(alert: Alert, dashboards: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as Grafana provisions it: the question, its last value, the limit, and the panel that shows it.

    `dashboards` are the finished ones by name. Grafana takes a rule that names a dashboard only with a panel of it,
    and refuses to start otherwise.
    """
    evaluator, bounds = alert.fires
    name, title = SHOWN[alert.team]
    (panel,) = [panel["id"] for panel in dashboards[name]["panels"] if panel.get("title") == title]
    condition = {"evaluator": {"type": evaluator, "params": list(bounds)}}
    return {
        "uid": f"bedside-{alert.name}",
        "title": alert.title,
        "condition": "C",
        "data": [
            {
                "refId": "A",
                "relativeTimeRange": {"from": alert.over_s, "to": 0},
                "datasourceUid": DATASOURCE_UID,
                "model": {"refId": "A", "query": alert.flux},
            },
            _expression("B", {"type": "reduce", "expression": "A", "reducer": "last"}),
            _expression("C", {"type": "threshold", "expression": "B", "conditions": [condition]}),
        ],
        "for": alert.hold,
        "noDataState": alert.no_data,
        "execErrState": "Error",
        "annotations": {
            "summary": alert.summary,
            "description": f"{alert.why} {NOT_FOR_MONITORING}",
            "__dashboardUid__": dashboards[name]["uid"],
            "__panelId__": str(panel),
        },
        "labels": {"service": "bedside", "severity": alert.severity, "team": alert.team},
        "isPaused": False,
    }


def rules_file(dashboards: Mapping[str, Any]) -> dict[str, Any]:
    """The provisioning file of all rules; `dashboards` as in `rule`."""
    rules = [rule(alert, dashboards) for alert in ALERTS]
    group = {"orgId": 1, "name": GROUP, "folder": FOLDER, "interval": INTERVAL, "rules": rules}
    return {"apiVersion": 1, "groups": [group]}


def contacts_file() -> dict[str, Any]:
    """The provisioning file of contact points: the ward and whoever runs the system, by mail."""
    return {
        "apiVersion": 1,
        "contactPoints": [
            {
                "orgId": 1,
                "name": f"bedside-{team}",
                "receivers": [
                    {
                        "uid": f"bedside-{team}-mail",
                        "type": "email",
                        "settings": {
                            "addresses": f"$BEDSIDE_ALERT_{team.upper()}_EMAIL",
                            "singleEmail": True,
                            "message": f'{{{{ template "default.message" . }}}}\n{NOT_FOR_MONITORING}',
                        },
                    }
                ],
            }
            for team in ("ward", "system")
        ],
    }


def policies_file() -> dict[str, Any]:
    """The provisioning file of who is told: the ward, except of what concerns the system."""
    policy = {
        "orgId": 1,
        "receiver": "bedside-ward",
        "group_by": ["alertname", "room"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "1h",
        "routes": [{"receiver": "bedside-system", "object_matchers": [["team", "=", "system"]]}],
    }
    return {"apiVersion": 1, "policies": [policy]}


def published() -> list[dict[str, Any]]:
    """The rules as the ward page evaluates them, without Grafana's expressions around them."""
    return [
        {
            "uid": f"bedside-{alert.name}",
            "title": alert.title,
            "query": alert.flux,
            "over_s": alert.over_s,
            "evaluator": alert.fires[0],
            "bounds": list(alert.fires[1]),
            "for": alert.hold,
            "no_data": alert.no_data,
            "severity": alert.severity,
            "team": alert.team,
            "summary": alert.summary,
            "description": f"{alert.why} {NOT_FOR_MONITORING}",
        }
        for alert in ALERTS
    ]


def _expression(ref_id: str, model: dict[str, Any]) -> dict[str, Any]:
    return {"refId": ref_id, "datasourceUid": "__expr__", "model": {"refId": ref_id, **model}}

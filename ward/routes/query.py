"""`/ward/api/query`: what panels, annotations and variables ask. The page names the question; it sends no Flux."""

from typing import Any

from flask import Blueprint, Response

from ward import variables
from ward.columns import Table
from ward.dashboards import Dashboard, flux_of
from ward.errors import NotAllowed, Problem, QueryFailed
from ward.interpolate import Span, interpolate
from ward.routes.common import answer, body, client_left, parts, session

blueprint = Blueprint("query", __name__)
MOST_TARGETS, MOST_POINTS = 20, 4_000
EARLIEST_MS, LATEST_MS, LONGEST_MS = 0, 4_102_444_800_000, 5 * 366 * 86_400_000


@blueprint.post("/ward/api/query")
def ask_panel() -> Response:
    """The answers to a panel's questions: `{"dashboard", "panel", "from", "to", "points", "variables"}`."""
    session()
    asked = body()
    dashboard = _dashboard(asked)
    panel = dashboard.panel(_whole(asked, "panel", 0, 10**9))
    targets = [one for one in panel.get("targets") or [] if flux_of(one) and not one.get("hide")]
    answers: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for target in targets[:MOST_TARGETS]:
        try:
            tables = _documents(_ask(flux_of(target), dashboard, asked))
        except (NotAllowed, QueryFailed) as problem:
            # A night to compare with may not be there yet: what the other questions say is shown all the same.
            problems.append(problem)
        else:
            answers.append({"refId": str(target.get("refId") or ""), "tables": tables})
    if problems and not answers:
        raise problems[0]
    return answer({"answers": answers, "problems": [one.detail for one in problems if one.slug != "no-value"]})


@blueprint.post("/ward/api/annotations")
def ask_annotations() -> Response:
    """What stands on the time axes: a list for each annotation of the dashboard, by name."""
    session()
    asked = body()
    dashboard = _dashboard(asked)
    found = [
        {
            "name": str(one.get("name") or ""),
            "color": str(one.get("iconColor") or ""),
            "tables": _documents(_ask(flux_of(one.get("target") or one), dashboard, asked)),
        }
        for one in dashboard.annotations()[:MOST_TARGETS]
    ]
    return answer({"annotations": found})


@blueprint.post("/ward/api/variable")
def ask_variable() -> Response:
    """What can be chosen for a variable, given the values of those before it."""
    session()
    asked = body()
    dashboard = _dashboard(asked)
    variable = dashboard.variable(str(asked.get("variable")))
    return answer({"options": variables.options(variable, lambda flux: _ask(flux, dashboard, asked))})


def _dashboard(asked: dict[str, Any]) -> Dashboard:
    return parts().dashboards.find(str(asked.get("dashboard")))


def _ask(flux: str, dashboard: Dashboard, asked: dict[str, Any]) -> list[Table]:
    settings = parts().settings
    given = variables.checked(asked.get("variables") or {})
    values = variables.with_fixed(dashboard, given, settings.timezone.key)
    start = _whole(asked, "from", EARLIEST_MS, LATEST_MS)
    stop = _whole(asked, "to", EARLIEST_MS, LATEST_MS)
    if not 0 < stop - start <= LONGEST_MS:
        raise NotAllowed("unfit-range", "The time range must begin before it ends and be shorter than five years.")
    span = Span(start, stop, _whole(asked, "points", 1, MOST_POINTS, 1_000))
    bound = interpolate(flux, values, span, bucket=settings.influx_bucket, org=settings.influx_org)
    return parts().influx.ask(bound, client_left())


def _documents(tables: list[Table]) -> list[dict[str, Any]]:
    return [table.document() for table in tables]


def _whole(asked: dict[str, Any], name: str, least: int, most: int, default: int | None = None) -> int:
    value = asked.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise NotAllowed("unfit-value", f"{name} must be a whole number from {least} to {most}.")
    return value

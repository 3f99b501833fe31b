"""`/ward/api/dashboards`: which there are, and each as Grafana's JSON."""

from flask import Blueprint, Response

from ward.routes.common import answer, parts, session

blueprint = Blueprint("dashboards", __name__)


@blueprint.get("/ward/api/dashboards")
def list_dashboards() -> Response:
    """All dashboards: uid, title and tags."""
    session()
    listed = [{"uid": one.uid, "title": one.title, "tags": one.tags} for one in parts().dashboards.list()]
    return answer({"dashboards": listed})


@blueprint.get("/ward/api/dashboards/<uid>")
def show_dashboard(uid: str) -> Response:
    """One dashboard."""
    session()
    return answer(parts().dashboards.find(uid).document)

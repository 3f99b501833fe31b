"""`/ward/`: the page itself and what it is made of, all from this server."""

from pathlib import Path

from flask import Blueprint, Response, redirect, request
from werkzeug.security import safe_join

from ward.errors import NotFound
from ward.routes.common import answer

blueprint = Blueprint("page", __name__)
STATIC = Path(__file__).resolve().parents[1] / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


@blueprint.get("/")
def to_page() -> Response:
    """Whoever opens the bare address finds the page."""
    return redirect("/ward/", 302)  # type: ignore[return-value]


@blueprint.get("/ward")
def to_folder() -> Response:
    """The page's relative addresses need the slash."""
    return redirect("/ward/", 302)  # type: ignore[return-value]


@blueprint.get("/ward/")
def page() -> Response:
    """The one document; where it stands is in the part of the address that browsers send to nobody."""
    return static_file("index.html")


@blueprint.get("/ward/static/<path:name>")
def static_file(name: str) -> Response:
    """Scripts, styles, licences: asked for again each time, sent again only when they have changed."""
    path = Path(safe_join(str(STATIC), name) or STATIC)
    if not path.is_file():
        raise NotFound("not-found", "There is nothing at this address.")
    response = Response(path.read_bytes(), mimetype=_TYPES.get(path.suffix, "text/plain"))
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/ward/healthz")
def healthz() -> Response:
    """Whether the process is alive."""
    return answer({"status": "ok"})

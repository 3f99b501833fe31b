"""`/ward/api/rooms`, `/names` and `/images`: whom the page may show, and a line in the audit log for each it does."""

import re
import time

from flask import Blueprint, Response, request

from ward.errors import NotAllowed, NotFound
from ward.people import MOST_ASKED
from ward.routes.common import answer, body, known, parts, record, session
from ward.routes.session import entry
from ward.sessions import Session

blueprint = Blueprint("people", __name__)
SAME_VIEW_S = 3600.0
MOST_VIEWS = 20_000
LONGEST_ADDRESS = 64


@blueprint.get("/ward/api/rooms")
def list_rooms() -> Response:
    """Every room and when its last reading came; no name and no MRN, so that looking for a room is no view."""
    by = session()
    with known(by):
        rooms = parts().people.rooms(by.token)
    shown = ("room", "last_reading", "since", "flapping")
    return answer(
        {"rooms": [{**{name: room[name] for name in shown}, "taken": room["mrn"] is not None} for room in rooms]}
    )


@blueprint.post("/ward/api/names")
def list_names() -> Response:
    """The names of patients by MRN: `{"view", "mrns"}`. Each is a view, written down before the names are sent."""
    asked = body()
    by = session()
    mrns, view = asked.get("mrns"), asked.get("view")
    if not isinstance(mrns, list) or len(mrns) > MOST_ASKED or not all(isinstance(mrn, str) for mrn in mrns):
        raise NotAllowed("unfit-value", f"Ask for the names of at most {MOST_ASKED} patients, by MRN as text.")
    if not isinstance(view, str) or not re.fullmatch(r"[\w -]{1,64}", view):
        raise NotAllowed("unfit-value", "Say in which view the names are shown.")
    with known(by):
        names = parts().people.names(by.token, mrns)
    write_views(by, sorted(names), view)
    return answer({"names": names})


@blueprint.get("/ward/api/images/<sha256>")
def show_image(sha256: str) -> Response:
    """A flow image, as the API keeps it."""
    by = session()
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise NotFound("no-image", "There is no image with that digest.")
    with known(by):
        content, kind = parts().people.image(by.token, sha256)
    if not kind.startswith(("image/png", "image/jpeg")):
        raise NotFound("no-image", "What was sent as that image is none that can be shown.")
    return Response(content, mimetype=kind)


def write_views(by: Session, mrns: list[str], view: str) -> None:
    """Write down that these patients were seen. The same view by the same person within the hour is one view."""
    now = time.monotonic()
    if len(by.shown) > MOST_VIEWS:
        by.shown.clear()
    fresh = [mrn for mrn in mrns if now - by.shown.get((mrn, view), -SAME_VIEW_S) >= SAME_VIEW_S]
    pseudonym = parts().settings.pseudonym
    # The last is the word of whoever is in front of this server; what stands before it is the client's own.
    address = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()[:LONGEST_ADDRESS]
    record(entry(by, "view", patient=pseudonym(mrn), view=view, address=address) for mrn in fresh)
    by.shown.update({(mrn, view): now for mrn in fresh})

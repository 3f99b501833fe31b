"""`/ward/api/session`: log in with a clinician's token, who is logged in, log out."""

import logging
import time

from flask import Blueprint, Response, request

from ward.errors import Away, LoggedOut, NotAllowed
from ward.routes.common import COOKIE, answer, body, parts, record, session
from ward.sessions import Session

blueprint = Blueprint("session", __name__)
LONGEST_NAME, LONGEST_TOKEN = 60, 512
logger = logging.getLogger("ward")


@blueprint.post("/ward/api/session")
def log_in() -> Response:
    """Begin a session: `{"token", "who"}`; the name is shown with what this person silences."""
    asked = body()
    token, who = asked.get("token"), asked.get("who")
    if not isinstance(who, str) or not 1 <= len(who.strip()) <= LONGEST_NAME or not who.isprintable():
        raise NotAllowed("unfit-name", f"Give your name or initials, at most {LONGEST_NAME} characters.")
    fits = isinstance(token, str) and 1 <= len(token) <= LONGEST_TOKEN and token.isascii() and token.isprintable()
    if not isinstance(token, str) or not fits:
        raise NotAllowed("unfit-token", "Give a clinician's token.")
    role = parts().people.check(token.strip())

    def told(begun: Session) -> None:
        record([entry(begun, "login")])

    begun = parts().sessions.begin(token.strip(), who.strip(), role, told)
    response = answer(_document(begun))
    response.set_cookie(
        COOKIE,
        begun.id,
        max_age=int(parts().settings.session_s),
        path="/ward",
        httponly=True,
        samesite="Strict",
        secure=request.headers.get("X-Forwarded-Proto", request.scheme) == "https",
    )
    return response


@blueprint.get("/ward/api/session")
def who_is_there() -> Response:
    """Who is logged in, until when."""
    return answer(_document(session()))


@blueprint.delete("/ward/api/session")
def log_out() -> Response:
    """End the session, whatever the API says of its token and whether or not the audit log takes it; the cookie is
    taken back. Who has left sees nothing more, so that nothing is hidden where the line is missing.
    """
    ended = parts().sessions.find(request.cookies.get(COOKIE, ""))
    if ended is None:
        raise LoggedOut
    parts().sessions.end(ended)
    try:
        record([entry(ended, "logout")])
    except Away:
        logger.error("a logout is missing in the audit log, which cannot be written")
    response = answer({"status": "logged out"})
    response.delete_cookie(COOKIE, path="/ward", httponly=True, samesite="Strict")
    return response


def entry(by: Session, what: str, **more: str) -> dict[str, str]:
    """A line of the audit log."""
    return {"who": by.who, "token": by.token_id, "what": what, **more}


def _document(found: Session) -> dict[str, object]:
    settings = parts().settings
    return {
        "who": found.who,
        "role": found.role,
        "ends_in_s": max(0, int(found.ends_s - time.time())),
        "timezone": settings.timezone.key,
        "now_ms": int(time.time() * 1000),
    }

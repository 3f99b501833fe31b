"""`/ward/api/session`: log in with a clinician's token, who is logged in, log out."""

import time

from flask import Blueprint, Response, request

from ward.errors import NotAllowed
from ward.routes.common import COOKIE, answer, body, parts, record, session
from ward.sessions import Session

blueprint = Blueprint("session", __name__)
LONGEST_NAME, LONGEST_TOKEN = 60, 512


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
    begun = parts().sessions.begin(token.strip(), who.strip(), role)
    record([entry(begun, "login")])
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
    """End the session; the cookie is taken back."""
    ended = session()
    parts().sessions.end(ended)
    record([entry(ended, "logout")])
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

"""What every route does: find the parts and the session, read a body, answer in JSON."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from flask import Response, current_app, request

from ward.alerts import Alerts
from ward.dashboards import Dashboards
from ward.errors import Away, LoggedOut, Malformed, Problem
from ward.influx import Influx
from ward.people import People
from ward.sessions import Session, Sessions
from ward.settings import AuditLog, WardSettings
from ward.silences import Silences

EXTENSION = "ward"
COOKIE = "bedside_ward"
MOST_BYTES = 256 * 1024
CLIENT_LEFT = "serving.client_left"


@dataclass
class Parts:
    """What the routes stand on."""

    settings: WardSettings
    sessions: Sessions
    people: People
    dashboards: Dashboards
    influx: Influx
    audit: AuditLog
    silences: Silences
    alerts: Alerts


def parts() -> Parts:
    """The parts of this app."""
    return current_app.extensions[EXTENSION]


def session() -> Session:
    """Who asks; raises `LoggedOut`. The API's word on the token is asked for again from time to time."""
    found = parts().sessions.find(request.cookies.get(COOKIE, ""))
    if found is None:
        raise LoggedOut
    if time.monotonic() - found.checked_s > parts().settings.check_token_s:
        with known(found):
            parts().people.check(found.token)
        found.checked_s = time.monotonic()
    return found


@contextmanager
def known(by: Session) -> Iterator[None]:
    """While the API is asked with a session's token: where it takes the token no more, the session has ended."""
    try:
        yield
    except LoggedOut:
        parts().sessions.end(by)
        raise


def body() -> dict[str, Any]:
    """The request's body, a JSON object; raises `Malformed`."""
    try:
        found = None
        if request.mimetype == "application/json":
            found = json.loads(request.get_data(cache=False), parse_constant=_no_constant)
            json.dumps(found, ensure_ascii=False).encode()  # half a pair of escapes is no character
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Malformed("malformed-body", "The body must be a JSON object, sent as application/json.")
    return found


def _no_constant(name: str) -> NoReturn:
    """NaN and Infinity, which Python would read, are no JSON."""
    raise ValueError(name)


def client_left() -> Callable[[], bool]:
    """Tells whether whoever asks is still there."""
    return (request.environ.get(CLIENT_LEFT) or threading.Event()).is_set


def record(entries: Iterable[dict[str, Any]]) -> None:
    """Write down what is about to be shown or was done; raises `Away` where that cannot be kept."""
    try:
        parts().audit.add(entries)
    except OSError:
        raise Away(
            "audit-full", "Who sees and does what cannot be written down now, so it is not shown. Trying again."
        ) from None


def answer(document: Any, status: int = 200) -> Response:
    """A JSON answer that no cache keeps."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(text.encode(), status, mimetype="application/json")


def refusal(problem: Problem) -> Response:
    """A problem document."""
    headers = {} if problem.retry_after_s is None else {"Retry-After": str(problem.retry_after_s)}
    return Response(json.dumps(problem.document()), problem.status, headers, mimetype="application/problem+json")

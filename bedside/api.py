"""The ingest API as the command line calls it: requests, with errors that say what to do."""

from typing import Any

import requests

from bedside.errors import Failure, Refused, Unreachable
from bedside.secrets import find_api_token
from bedside.settings import Settings

TIMEOUT_S = (5.0, 60.0)  # to connect; between two bytes of an answer


class Api:
    """Calls the ingest API with a token; every refusal becomes an error with the server's own words."""

    def __init__(self, settings: Settings, token: str | None = None) -> None:
        self._url = settings.api_url
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy for the web is no way to a server on this machine
        if found := find_api_token(settings, token):
            self._session.headers["Authorization"] = f"Bearer {found}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer of a call, or None where it has none."""
        answer = self._send(method, path, body)
        return answer.json() if answer.content else None

    def stays(self, path: str) -> list[dict[str, Any]]:
        """All stays of the room or patient at that path, oldest first, however many answers they take."""
        found: list[dict[str, Any]] = []
        query: str | None = ""
        while query is not None:
            answer = self._send("GET", f"{path}/stays{query}")
            found = answer.json()["stays"] + found
            query = answer.links.get("next", {}).get("url")
        return found

    def content(self, path: str) -> bytes:
        """The bytes that answer a GET."""
        return self._send("GET", path).content

    def _send(self, method: str, path: str, body: Any = None) -> requests.Response:
        try:
            answer = self._session.request(method, self._url + path, json=body, timeout=TIMEOUT_S)
        except requests.RequestException:
            raise Unreachable(
                f"Nobody answers at {self._url}. Start Bedside with `python3 run.py up` (`bedside up`), or name "
                "another address with BEDSIDE_HOST and BEDSIDE_PORT."
            ) from None
        if answer.status_code >= 400:
            raise _refusal(answer, self._url)
        return answer


def _refusal(answer: requests.Response, url: str) -> Failure:
    try:
        problem = answer.json()
    except ValueError:
        return Failure(f"{url} answered {answer.status_code} and no JSON: is that really Bedside?")
    detail = problem.get("detail") or problem.get("title") or f"status {answer.status_code}"
    lines = [detail, *(f"  {error.get('field')}: {error.get('message')}" for error in problem.get("errors") or [])]
    if answer.status_code == 401:
        lines.append("Give a token with --token or BEDSIDE_TOKEN; `bedside token create` makes one.")
        return Refused("\n".join(lines))
    return (Refused if answer.status_code == 403 else Failure)("\n".join(lines))

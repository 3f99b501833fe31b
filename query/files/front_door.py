"""The way in: Bedside's own API, asked again under the same Idempotency-Key where it could not answer."""

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any

import requests

from query.files.errors import DoorProblem, DoorRefused, DoorShut

TIMEOUT_S = (5.0, 120.0)
MOST_TRIES = 8
LONGEST_PAUSE_S = 30.0


class FrontDoor:
    """Posts to one Bedside with one token. `again` counts the requests that had to be sent again."""

    def __init__(self, url: str, token: str | None) -> None:
        """Nothing is sent yet."""
        self.url = url.rstrip("/")
        self.again = 0
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy for the web is no way to a ward's server
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def readings(self, items: Sequence[dict[str, Any]], key: str) -> list[dict[str, Any]]:
        """Post a batch of readings; what became of each, in order (`results` of the contract).

        DoorProblem where the whole batch is refused, DoorShut where nobody takes it.
        """
        body = "\n".join(json.dumps(item, separators=(",", ":")) for item in items).encode()
        # The body's digest belongs to the key: after an image was added or a file mended it is another request.
        own = f"{key}-{hashlib.sha256(body).hexdigest()[:16]}"
        headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": own}
        answer = self._send("POST", "/v1/readings", body, headers)
        _check_token(self.url, answer)
        if answer.status_code != 200:
            raise DoorProblem(f"{self.url} refuses the import: {_told(answer)}")
        return answer.json()["results"]

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Another call of the API: its status and JSON; DoorRefused where the token is."""
        data = None if body is None else json.dumps(body).encode()
        answer = self._send(method, path, data, {"Content-Type": "application/json"} if data else {})
        _check_token(self.url, answer)
        return answer.status_code, answer.json() if answer.content else None

    def stays(self, path: str) -> list[dict[str, Any]]:
        """All stays of the room or patient at that path, however many answers they take; none where it is unknown."""
        found: list[dict[str, Any]] = []
        query: str | None = ""
        while query is not None:
            answer = self._send("GET", f"{path}/stays{query}", None, {})
            _check_token(self.url, answer)
            if answer.status_code != 200:
                return found
            found = answer.json()["stays"] + found
            query = answer.links.get("next", {}).get("url")
        return found

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> requests.Response:
        """Send it until there is an answer other than "not now"."""
        pause_s, told = 0.25, ""
        for _ in range(MOST_TRIES):
            try:
                answer = self._session.request(method, self.url + path, data=body, headers=headers, timeout=TIMEOUT_S)
            except requests.RequestException as fault:
                told = f"nobody answers ({type(fault).__name__})"
            else:
                running = answer.status_code == 409 and "idempotency-key-running" in answer.text
                if answer.status_code not in (429, 502, 503, 504) and not running:
                    return answer
                told = _told(answer)
                pause_s = max(pause_s, _retry_after_s(answer))
            self.again += 1
            time.sleep(min(pause_s, LONGEST_PAUSE_S))
            pause_s *= 2
        raise DoorShut(
            f"{self.url} took nothing in {MOST_TRIES} tries: {told}. Is Bedside running? Start the same import again: "
            "it goes on where it stopped."
        )


def _check_token(url: str, answer: requests.Response) -> None:
    if answer.status_code in (401, 403):
        raise DoorRefused(f"{url} refuses the token: {_told(answer)}")


def _retry_after_s(answer: requests.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _told(answer: requests.Response) -> str:
    """The server's own words, else its status."""
    try:
        problem = answer.json()
        return str(problem.get("detail") or problem.get("title") or answer.status_code)
    except (ValueError, AttributeError):
        return f"status {answer.status_code}"

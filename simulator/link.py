"""A monitor's connection to the server: it sends until it has an answer, whatever happens to the server meanwhile."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

import requests

from simulator.errors import StoppedError, UnreachableError
from simulator.faults import Loss
from simulator.report import Tally

CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 5.0, 60.0
HANG_UP_AFTER_S = 0.004
BACKOFF_FIRST_S, BACKOFF_LAST_S = 0.1, 5.0
BROKEN_TRIES = 20
"""How often an answer that no retry is meant for (500, a body cut short) is tried again before it is given up."""

Request = tuple[bytes, dict[str, str]]
"""The body and the headers of one attempt."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: the status, and the body as it came."""

    status: int
    body: bytes


class Link:
    """One device's way to the server, with a connection of its own.

    No answer, 429 and 503 are waited out (with growing, jittered pauses, and never less than Retry-After) until
    `patience_s` seconds have passed without an answer: then UnreachableError. Setting `stop` ends a wait: StoppedError.
    """

    def __init__(
        self, url: str, token: str, *, patience_s: float, stop: threading.Event, tally: Tally, chance: Random
    ) -> None:
        """A link to the server at `url` that authorizes itself with `token`."""
        self._url = url.rstrip("/")
        self._patience_s = patience_s
        self._stop = stop
        self._tally = tally
        self._chance = chance
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy between a monitor and its server would hide resets from it
        self._session.headers["Authorization"] = f"Bearer {token}"

    def post(
        self, path: str, make: Callable[[], Request], lose: Callable[[], Loss] = lambda: Loss.NONE
    ) -> list[Answer]:
        """Every answer that the server gave to this request: the last is the one that arrived, those before got lost.

        `make` is asked again for each attempt, because a device's clock goes on between them.
        """
        answers: list[Answer] = []
        give_up_at_s = time.monotonic() + self._patience_s
        pause_s, broken = BACKOFF_FIRST_S, 0
        while True:
            loss = lose() if not answers else Loss.NONE
            answer, retry_after_s = self._try(path, make(), loss)
            if answer is not None and answer.status not in (429, 503):
                conflict = answer.status == 409 and b"idempotency" in answer.body
                if (answer.status >= 500 or answer.status == 408 or conflict) and broken < BROKEN_TRIES:
                    broken += 1
                    if answer.status >= 500:
                        self._tally.surprise(f"{answer.status} to POST {path}")
                else:
                    answers.append(answer)
                    if loss is Loss.NONE:
                        return answers
                    self._tally.count("lost_answers")
                    continue
            elif answer is None and loss is Loss.CUT:
                self._tally.count("lost_answers")
                continue
            if time.monotonic() > give_up_at_s:
                raise UnreachableError(
                    f"{self._url} gave no answer for {self._patience_s:.0f} s; is it running? (`bedside check` knows)"
                )
            self._tally.count("retries")
            if self._stop.wait(max(retry_after_s, pause_s * self._chance.uniform(0.5, 1.5))):
                raise StoppedError("stopped while a monitor waited for the server")
            pause_s = min(BACKOFF_LAST_S, pause_s * 2)

    def get(self, path: str) -> requests.Response:
        """One GET, with the same patience; the answer whatever its status but 429 and 503."""
        give_up_at_s = time.monotonic() + self._patience_s
        while True:
            try:
                answer = self._session.get(self._url + path, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S))
                if answer.status_code not in (429, 503):
                    return answer
            except requests.RequestException:
                pass
            if time.monotonic() > give_up_at_s:
                raise UnreachableError(f"{self._url} gave no answer for {self._patience_s:.0f} s; is it running?")
            if self._stop.wait(0.5):
                raise StoppedError("stopped while waiting for the server")

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()

    def _try(self, path: str, request: Request, loss: Loss) -> tuple[Answer | None, float]:
        """One attempt: its answer, or None where none came whole, and the seconds that the server asks to wait."""
        body, headers = request
        read_s = HANG_UP_AFTER_S if loss is Loss.CUT else READ_TIMEOUT_S
        try:
            response = self._session.post(
                self._url + path, data=body, headers=headers, timeout=(CONNECT_TIMEOUT_S, read_s), allow_redirects=False
            )
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            return None, 0.0
        return Answer(response.status_code, response.content), _retry_after_s(response.headers.get("Retry-After"))


def _retry_after_s(header: str | None) -> float:
    """Retry-After as seconds from now, both of its forms (RFC 9110, 10.2.3), at most five minutes; 0 without one."""
    if not header:
        return 0.0
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return 0.0
    return min(300.0, max(0.0, seconds))

"""Asks InfluxDB in Flux, with a token that can only read, under limits of time, size and number."""

import threading
import time
from collections.abc import Callable

import requests
from requests.adapters import HTTPAdapter

from ward.columns import LONGEST_MESSAGE, Table, decode
from ward.errors import Away, NotAllowed, QueryFailed, TooLarge
from ward.settings import WardSettings

CONNECT_S = 2.0
CHUNK = 256 * 1024
WAIT_S = 20.0


class Influx:
    """Asks one InfluxDB; safe to use from many threads, of which so many wait as may not ask at once."""

    def __init__(self, settings: WardSettings) -> None:
        self._settings = settings
        self._slots = threading.BoundedSemaphore(settings.queries_at_once)
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["Authorization"] = f"Token {settings.read_token}"
        self._http.headers["Accept"] = "text/csv"
        adapter = HTTPAdapter(pool_maxsize=settings.queries_at_once)
        self._http.mount("http://", adapter)
        self._http.mount("https://", adapter)

    def ask(self, flux: str, left: Callable[[], bool] = lambda: False) -> list[Table]:
        """The tables of the answer. `left` tells that nobody waits for it any more, which ends it.

        Raises `QueryFailed` with InfluxDB's own words, `TooLarge`, or `Away`.
        """
        if not self._slots.acquire(timeout=WAIT_S):
            raise Away("too-busy", "Too many questions at once. Trying again.")
        try:
            return decode(self._body(flux, left), self._settings.rows)
        finally:
            self._slots.release()

    def _body(self, flux: str, left: Callable[[], bool]) -> bytes:
        settings = self._settings
        deadline = time.monotonic() + settings.query_s
        dialect = {"annotations": ["datatype", "group", "default"], "header": True}
        try:
            with self._http.post(
                f"{settings.influx_url.rstrip('/')}/api/v2/query",
                params={"org": settings.influx_org},
                json={"query": flux, "type": "flux", "dialect": dialect},
                timeout=(CONNECT_S, settings.query_s),
                stream=True,
            ) as answer:
                if answer.status_code != 200:
                    raise _refused(answer)
                parts, size = [], 0
                for part in answer.iter_content(CHUNK):
                    size += len(part)
                    if size > settings.answer_bytes:
                        raise TooLarge("too-large", "The answer is too large to draw. Choose a shorter time.")
                    if left() or time.monotonic() > deadline:
                        raise Away("too-slow", "The question took too long. Choose a shorter time.")
                    parts.append(part)
        except requests.Timeout:
            raise Away("too-slow", "InfluxDB did not answer in time. Trying again.") from None
        except requests.RequestException:
            raise Away("influx-away", "InfluxDB does not answer. Readings are kept meanwhile. Trying again.") from None
        return b"".join(parts)


def _refused(answer: requests.Response) -> Exception:
    if answer.status_code in (401, 403):
        return QueryFailed("influx-token", "InfluxDB does not take the ward page's token. Tell whoever runs Bedside.")
    if answer.status_code in (429, 503):
        return Away("influx-busy", "InfluxDB is busy. Trying again.")
    try:
        message = str(answer.json().get("message") or "")
    except (ValueError, AttributeError):
        message = ""
    if answer.status_code == 413:
        return NotAllowed("too-large", "The question is too long for InfluxDB.")
    return QueryFailed("query-failed", message[:LONGEST_MESSAGE] or f"InfluxDB answered {answer.status_code}.")

"""Flux over HTTP, as a client sees it: a query in, rows out."""

import csv
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import requests

from simulator.errors import QueryError

TIMEOUT_S = (5.0, 300.0)


@dataclass(frozen=True, slots=True)
class Influx:
    """An InfluxDB 2, or whatever answers like one: its address, organization, bucket, and a token that may read."""

    url: str
    org: str
    bucket: str
    token: str
    patience_s: float = 120.0

    def rows(self, flux: str, stop: threading.Event | None = None) -> list[dict[str, str]]:
        """Every row of the answer, its values as text by column; an error in the middle of it is a QueryError, too.

        A server that is away or busy is asked again until `patience_s` seconds have passed.
        """
        give_up_at_s = time.monotonic() + self.patience_s
        while True:
            try:
                return list(self._ask(flux))
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                if time.monotonic() > give_up_at_s or (stop is not None and stop.is_set()):
                    raise QueryError(f"{self.url} does not answer Flux queries; is it running?") from error
                time.sleep(0.5)

    def _ask(self, flux: str) -> Iterator[dict[str, str]]:
        """Ask once; what does not arrive whole is a ConnectionError or a Timeout."""
        headers = {
            "Authorization": f"Token {self.token}",
            "Content-Type": "application/vnd.flux",
            "Accept": "application/csv",
        }
        with requests.Session() as session:
            session.trust_env = False
            url = f"{self.url.rstrip('/')}/api/v2/query"
            told = session.post(url, params={"org": self.org}, data=flux.encode(), headers=headers, timeout=TIMEOUT_S)
        if told.status_code in (429, 503):
            raise requests.ConnectionError("busy")
        if told.status_code != 200:
            raise QueryError(f"{self.url} answered a Flux query with {told.status_code}: {told.text[:300]}")
        header: list[str] | None = None
        for row in csv.reader(told.content.decode().splitlines()):
            if not row:
                header = None
            elif header is None:
                header = row
            elif "error" in header:
                raise QueryError(f"{self.url} broke a Flux query off: {row[header.index('error')]}")
            else:
                yield dict(zip(header, row, strict=False))


def quoted(text: str) -> str:
    """A text as a Flux string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

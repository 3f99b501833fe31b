"""The way to InfluxDB: the official client's raw query, and what goes wrong on it in words.

One address serves influxlite, InfluxDB 2 OSS and InfluxDB Cloud. Nothing is written.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3.exceptions
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.domain.dialect import Dialect
from influxdb_client.rest import ApiException

from query.annotated_csv import BrokenOff, Tables, decode
from query.errors import AccessDenied, AnswerError, ConnectionFault, FluxError, QueryError

CONNECT_S, BETWEEN_BYTES_S = 5.0, 600.0
MAX_ANSWER_BYTES = 2 * 2**30
PIECE_BYTES = 1 << 20
NEAR = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Address:
    """Where an InfluxDB is and who asks."""

    url: str
    org: str
    token: str | None

    @classmethod
    def find(cls, url: str | None = None, org: str | None = None, token: str | None = None) -> "Address":
        """The address from what is given, else from INFLUXDB_V2_URL, _ORG and _TOKEN, else of the Bedside that runs on
        this machine: `bedside up` writes it into its data folder (BEDSIDE_DATA, ./data or ./data-demo).

        A ConnectionFault says what to set where none is found.
        """
        env = os.environ
        url = url or env.get("INFLUXDB_V2_URL") or None
        running = None if url else _running()
        if url is None and running is None:
            raise ConnectionFault(
                "no InfluxDB is named and no Bedside runs from ./data: start one with `python3 run.py up`, name its "
                "folder in BEDSIDE_DATA, or set INFLUXDB_V2_URL, INFLUXDB_V2_ORG and INFLUXDB_V2_TOKEN"
            )
        found = running or cls(url or "", env.get("INFLUXDB_V2_ORG") or "ward", _secret("INFLUXDB_V2_TOKEN"))
        return cls(found.url.rstrip("/"), org or found.org, token or found.token)


def _secret(name: str) -> str | None:
    """A secret from its variable, or from the file that NAME_FILE names."""
    if os.environ.get(name) or not (file := os.environ.get(f"{name}_FILE")):
        return os.environ.get(name) or None
    try:
        return Path(file).read_text().strip() or None
    except OSError as fault:
        raise ConnectionFault(f"{name}_FILE cannot be read: {fault.strerror} ({file})") from None


def _running() -> Address | None:
    """The InfluxDB of the Bedside that runs on this machine's data, None where none does."""
    named = os.environ.get("BEDSIDE_DATA")
    for folder in [Path(named)] if named else [Path("data"), Path("data-demo")]:
        with contextlib.suppress(OSError, ValueError, KeyError):
            told = json.loads((folder / "run" / "up.json").read_text())
            token = _secret("INFLUXDB_V2_TOKEN") or _secret("BEDSIDE_ADMIN_TOKEN")
            with contextlib.suppress(OSError):
                token = token or (folder / "secrets" / "admin-token").read_text().strip()
            return Address(told["influx_url"], told["influx_org"], token)
    return None


class Connection:
    """Asks one InfluxDB in Flux. Close it, or use it as a context manager."""

    def __init__(self, address: Address, *, max_answer_bytes: int = MAX_ANSWER_BYTES) -> None:
        """Nothing is asked yet; answers of more than `max_answer_bytes` are refused."""
        self.address = address
        self._most = max_answer_bytes
        host = urlsplit(address.url).hostname
        if not address.url.startswith(("http://", "https://")) or not host:
            raise ConnectionFault(f"{address.url!r} is no address: give one such as http://127.0.0.1:8086")
        self._client = InfluxDBClient(
            address.url,
            token=address.token or "",
            org=address.org,
            timeout=(round(CONNECT_S * 1000), round(BETWEEN_BYTES_S * 1000)),  # pyright: ignore[reportArgumentType]
            enable_gzip=host not in NEAR,  # on one machine it costs more than it saves
        )

    def close(self) -> None:
        """Let go of the connections that are open."""
        self._client.close()

    def ask(self, flux: str) -> list[Tables]:
        """The answer to a query, decoded.

        FluxError shows the line at fault; ConnectionFault, AccessDenied and AnswerError tell the rest.
        """
        try:
            return decode(b"".join(self.stream(flux)))
        except BrokenOff as fault:
            raise FluxError(str(fault), flux) from None

    def stream(self, flux: str) -> Iterator[bytes]:
        """The answer as annotated CSV, in pieces as they come; an error within it is left there for who reads."""
        dialect = Dialect(header=True, annotations=["datatype", "group", "default"])
        size = 0
        try:
            answer = self._client.query_api().query_raw(flux, dialect=dialect)
        except ApiException as fault:
            raise self._refusal(fault, flux) from None
        except urllib3.exceptions.HTTPError as fault:
            raise self._away(fault) from None
        try:
            for piece in answer.stream(PIECE_BYTES, decode_content=True):
                size += len(piece)
                if size > self._most:
                    raise AnswerError(
                        f"the answer has more than {self._most:,} bytes: ask for less at once (a shorter range, fewer "
                        "columns, wider windows)"
                    )
                yield piece
        except urllib3.exceptions.HTTPError as fault:
            raise ConnectionFault(
                f"the answer broke off after {size:,} bytes ({type(fault).__name__}): ask again"
            ) from None
        finally:
            answer.close()

    def explain(self, flux: str) -> str:
        """How influxlite runs a query: which part goes to DuckDB, by which SQL. A real InfluxDB cannot say."""
        try:
            api: Any = self._client.api_client
            answer = api.call_api(
                "/api/v2/query/explain",
                "POST",
                query_params=[("org", self.address.org)],
                header_params={"Content-Type": "application/json", "Accept": "application/json"},
                body={"query": flux, "type": "flux"},
                response_type=object,
                _return_http_data_only=True,
            )
        except ApiException as fault:
            if fault.status == 404:
                raise QueryError(f"{self.address.url} is no influxlite: only that explains its plan") from None
            raise self._refusal(fault, flux) from None
        except urllib3.exceptions.HTTPError as fault:
            raise self._away(fault) from None
        return str(answer["plan"])

    def _away(self, fault: Exception) -> ConnectionFault:
        return ConnectionFault(
            f"nobody answers at {self.address.url} ({type(fault).__name__}): is it running, and is the address right?"
        )

    def _refusal(self, fault: ApiException, flux: str) -> QueryError:
        """What the server's refusal means."""
        body = fault.body if isinstance(fault.body, bytes | str) else b""
        try:
            message = str(json.loads(body)["message"])
        except (ValueError, KeyError, TypeError):
            message = ""
        if fault.status in (401, 403):
            return AccessDenied(
                f"{self.address.url} refuses the token{f': {message}' if message else ''}. Give one that may read the "
                "bucket, by token= or INFLUXDB_V2_TOKEN."
            )
        if not message:
            return ConnectionFault(
                f"{self.address.url} answered {fault.status or fault.reason} without a message: is that InfluxDB?"
            )
        if fault.status in (429, 503):
            return ConnectionFault(f"{self.address.url} is busy: {message}. Ask again in a while.")
        return FluxError(message, flux)

"""What the ward page is told: where its data is, whom it asks, and its limits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo


class AuditLog(Protocol):
    """Where it is written down who saw what; `ingest.audit` is the one that `bedside` gives."""

    def add(self, added: Iterable[dict[str, Any]], /) -> None:
        """Keep these entries; raises `OSError` when they cannot be kept, and then nothing may be shown."""
        ...


def _no_pseudonym(_text: str) -> str:
    return "-"


@dataclass(frozen=True)
class WardSettings:
    """The settings of one ward server.

    data: the folder of what it keeps: `ward/silences.db`.
    api_url: the ingest API, which knows tokens and names.
    influx_url, influx_org, influx_bucket: the InfluxDB that panels ask; read_token can only read there.
    timezone: the ward's, in which a night is noon to noon.
    pseudonym: the keyed hash that stands for an MRN in the audit log.
    evaluate_every_s: how often the alert rules are looked at.
    session_s: how long a login lasts; check_token_s: how long the API's word on a token is believed.
    query_s, answer_bytes, rows: the limits of one question: its time, its answer as sent, its rows.
    """

    data: Path
    api_url: str
    influx_url: str
    influx_org: str = "ward"
    influx_bucket: str = "telemetry"
    read_token: str = ""
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    pseudonym: Callable[[str], str] = _no_pseudonym
    evaluate_every_s: float = 15.0
    session_s: float = 12 * 3600.0
    check_token_s: float = 30.0
    most_sessions: int = 1_000
    query_s: float = 30.0
    queries_at_once: int = 8
    answer_bytes: int = 64 * 2**20
    rows: int = 400_000

    @property
    def folder(self) -> Path:
        """Where the ward server keeps what is its own."""
        return self.data / "ward"

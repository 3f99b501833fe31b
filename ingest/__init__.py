"""The HTTP API that monitors post to: validation, identity and stays, the outbox and its forwarder.

    from ingest import IngestSettings, add_patient_driver, close_app, create_app, is_quick

The way a reading goes, each file one step: `routes/readings` → `reading` (checked) → `accept` (identity, clock,
skew) → `stays` (who lies where) → `outbox` (line protocol, in order) → one transaction of `committer` (many
requests, one fsync) → the answer; and from the outbox `forwarder` → InfluxDB.

Nothing below `routes` knows Flask, and nothing above `forwarder` knows InfluxDB. Importing this package imports
neither.
"""

from typing import TYPE_CHECKING, Any

from ingest.quick import is_quick
from ingest.settings import IngestSettings

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["IngestSettings", "add_patient_driver", "close_app", "create_app", "is_quick"]


def create_app(settings: IngestSettings | None = None) -> "Flask":
    """The WSGI app with its committer and forwarder running; settings come from the environment when none are given.

    One process may hold one data folder: raises `ingest.errors.DataFolderError` when another does, or when the folder
    cannot be used. `close_app` ends it.
    """
    from ingest.app import create_app

    return create_app(settings)


def close_app(app: "Flask") -> None:
    """Stop the app's threads after the requests they hold are answered, and give the data folder back."""
    from ingest.app import close_app

    close_app(app)


def add_patient_driver(in_data: Any) -> tuple[str, int]:
    """`POST /add_patient` without Flask or a running server: the answer and its status; needs only `BEDSIDE_DATA`."""
    from ingest.add_patient import add_patient_driver

    return add_patient_driver(in_data)

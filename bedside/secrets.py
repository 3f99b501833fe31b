"""The tokens that this machine keeps for itself, in files that only their owner can read.

`DATA/secrets/admin-token` lets the command line in; `DATA/secrets/analyst-token` is what influxlite takes for reading,
and `DATA/secrets/forwarder-token` what it takes from the ingest server. A server keeps tokens as SHA-256 only: these
files are how the owner of the data folder, who could read the databases in it anyway, needs no token in every command.
"""

import contextlib
import os
import shutil
from pathlib import Path

from bedside.settings import Settings, secret

SECRETS = (
    "BEDSIDE_ADMIN_TOKEN",
    "BEDSIDE_TOKEN",
    "BEDSIDE_INFLUX_TOKEN",
    "BEDSIDE_READ_TOKEN",
    "INFLUXDB_V2_TOKEN",
    "INFLUXLITE_TOKEN",
    "INFLUXLITE_READ_TOKEN",
    "INFLUXLITE_WRITE_TOKEN",
)
"""The settings that are secret; each may be given as a file by the name with `_FILE` behind it."""


def hand_over(settings: Settings) -> None:
    """Take the secrets out of this process's environment into files, so that no part that it starts has one in its own.

    An environment is shown to whoever looks at a process, and goes on to whatever that starts; a file's mode is asked.
    """
    take_back(settings)
    for name in SECRETS:
        if value := os.environ.pop(name, None):
            path = _given(settings) / name.lower().replace("_", "-")
            keep(path, value)
            os.environ[f"{name}_FILE"] = str(path)


def take_back(settings: Settings) -> None:
    """Remove the files of `hand_over`."""
    shutil.rmtree(_given(settings), ignore_errors=True)


def _given(settings: Settings) -> Path:
    return settings.run_folder / "given"


def admin_token_file(settings: Settings) -> Path:
    """Where the admin token of this data folder is kept."""
    return settings.data / "secrets" / "admin-token"


def analyst_token_file(settings: Settings) -> Path:
    """Where the analysts' read-only token of this data folder is kept."""
    return settings.data / "secrets" / "analyst-token"


def forwarder_token_file(settings: Settings) -> Path:
    """Where the token is kept with which the ingest server writes to influxlite: it reads and writes buckets alone."""
    return settings.data / "secrets" / "forwarder-token"


def keep(path: Path, token: str) -> None:
    """Write a token for its owner's eyes only, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def kept(path: Path) -> str | None:
    """The token in that file, or None where there is none that we may read."""
    with contextlib.suppress(OSError):
        return path.read_text().strip() or None
    return None


def find_api_token(settings: Settings, option: str | None = None) -> str | None:
    """The token for the ingest API: the option, BEDSIDE_TOKEN, BEDSIDE_ADMIN_TOKEN, or the one kept with the data."""
    return option or secret("BEDSIDE_TOKEN") or secret("BEDSIDE_ADMIN_TOKEN") or kept(admin_token_file(settings))


def find_influx_token(settings: Settings, option: str | None = None) -> str | None:
    """The token for InfluxDB's API: the option, else the given InfluxDB's own, else as for the ingest API."""
    if option or settings.external_influx:
        return option or settings.influx_token
    return find_api_token(settings)

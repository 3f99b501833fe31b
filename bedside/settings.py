"""What `bedside` is told from outside: BEDSIDE_* and the official client's INFLUXDB_V2_*, from the environment.

A secret may be given as the variable itself or as the path of a file that holds it (`BEDSIDE_ADMIN_TOKEN_FILE`), so
that it need not stand in an environment or a process list. Options of the command line win over the environment.
"""

import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_ORG = "ward"
DEFAULT_BUCKET = "telemetry"


class SettingsError(Exception):
    """A setting cannot be used; the message names it and says what it may be."""


def secret(name: str) -> str | None:
    """The value of a secret setting: the variable, else the content of the file that NAME_FILE names, else None."""
    if value := os.environ.get(name):
        return value
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return None
    try:
        value = Path(path).read_text().strip()
    except OSError as problem:
        raise SettingsError(f"{name}_FILE cannot be read: {problem.strerror} ({path})") from None
    if not value:
        raise SettingsError(f"{name}_FILE is empty ({path})")
    return value


def port(name: str, default: int) -> int:
    """A TCP port from the environment."""
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise SettingsError(f"{name} must be a port from 1 to 65535")
    return int(text)


def yes(name: str) -> bool:
    """Whether a setting says yes; no where it is not given."""
    text = (os.environ.get(name) or "no").lower()
    if text not in ("yes", "no"):
        raise SettingsError(f"{name} must be yes or no")
    return text == "yes"


@dataclass(frozen=True)
class Settings:
    """Where things are. `external_influx` tells whether an InfluxDB was given, so that no influxlite is started;
    `behind_proxy` that a proxy with TLS stands between `host` and everybody else."""

    data: Path
    host: str
    port: int
    influx_port: int
    ward_port: int
    influx_url: str
    influx_org: str
    influx_bucket: str
    influx_token: str | None
    external_influx: bool
    behind_proxy: bool = False

    @classmethod
    def load(cls, *, data: Path | None = None, demo: bool = False) -> "Settings":
        """The settings in force; `data` is an option that wins, `demo` moves the default folder out of the way."""
        host = os.environ.get("BEDSIDE_HOST") or "127.0.0.1"
        influx_port = port("BEDSIDE_INFLUX_PORT", 8086)
        url = os.environ.get("INFLUXDB_V2_URL") or None
        folder = data or Path(os.environ.get("BEDSIDE_DATA") or ("data-demo" if demo else "data"))
        return cls(
            data=folder.absolute(),
            host=host,
            port=port("BEDSIDE_PORT", 8000),
            influx_port=influx_port,
            ward_port=port("BEDSIDE_WARD_PORT", 8001),
            influx_url=(url or f"http://127.0.0.1:{influx_port}").rstrip("/"),
            influx_org=(os.environ.get("INFLUXDB_V2_ORG") if url else None) or DEFAULT_ORG,
            influx_bucket=os.environ.get("BEDSIDE_BUCKET") or DEFAULT_BUCKET,
            influx_token=secret("INFLUXDB_V2_TOKEN"),
            external_influx=url is not None,
            behind_proxy=yes("BEDSIDE_BEHIND_PROXY"),
        )

    @property
    def api_url(self) -> str:
        """Where this machine reaches the ingest API."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - read, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def run_folder(self) -> Path:
        """Pid files and locks of what runs on this data."""
        return self.data / "run"

    @property
    def log_folder(self) -> Path:
        """What the parts print, bounded by rotation."""
        return self.data / "logs"

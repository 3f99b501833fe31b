"""Settings of the ingest server: `BEDSIDE_*` variables, each secret also as `…_FILE` (a file that holds it).

The data folder holds everything that the server keeps:

    DATA/bedside.db    identity, stays, receipts, the outbox, tokens (SQLite)
    DATA/images/       flow images by their SHA-256
    DATA/secret.key    the key of the hashes that stand for MRNs and names in logs and receipts (mode 600)
    DATA/run/          the lock of the running server and the socket that `add_patient_driver` finds it by
"""

import os
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ingest.errors import SettingsError

SQLITE = "sqlite:///"
VARIABLES = {"influx_url": "INFLUXDB_V2_URL", "influx_org": "INFLUXDB_V2_ORG", "influx_v2_token": "INFLUXDB_V2_TOKEN"}
SECRETS = {
    "admin_token": "BEDSIDE_ADMIN_TOKEN",
    "influx_token": "BEDSIDE_INFLUX_TOKEN",
    "influx_v2_token": "INFLUXDB_V2_TOKEN",
}


BUCKET = r'^[^_"\\\x00-\x1f][^"\\\x00-\x1f]{0,199}$'  # it stands in Flux, and InfluxDB keeps names with _ for itself


def _named(field: str) -> AliasChoices:
    """A setting that has the official client's name."""
    return AliasChoices(field, VARIABLES[field])


def _sentence(fault: Any) -> str:
    """What is wrong with one setting, by the name of its variable and without its value."""
    field = str(fault["loc"][0])
    if fault["type"] == "string_pattern_mismatch":
        words = "must be a name without quotes and backslashes that does not begin with _"
    else:
        words = fault["msg"].removeprefix("Value error, ").replace("Input should", "must")
        words = words.replace("be greater than or equal to", "be at least")
    return f"{VARIABLES.get(field, f'BEDSIDE_{field.upper()}')} {words.partition(', unable')[0]}"


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        return False


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads a secret from the file that `NAME_FILE` names."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """The content of the secret's file without its last newline, or None where none is named."""
        setting = f"{SECRETS[field_name]}_FILE" if field_name in SECRETS else ""
        path = os.environ.get(setting)
        try:
            value = Path(path).read_text().strip() if path else None
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"{setting} names a file that cannot be read") from None
        if value == "":
            raise SettingsError(f"{setting} names a file that is empty")
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(None, name)[0] for name in SECRETS}
        return {name: value for name, value in found.items() if value is not None}


class IngestSettings(BaseSettings):
    """All settings of the ingest server, checked. Durations end in their unit, sizes in theirs.

    Raises `ingest.errors.SettingsError` for those that cannot be used. A variable that is empty is as one not given.
    """

    model_config = SettingsConfigDict(
        env_prefix="BEDSIDE_", env_ignore_empty=True, populate_by_name=True, extra="ignore", allow_inf_nan=False
    )

    data: Path = Field(default=Path("./data"), description="the data folder")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    influx_port: int = Field(
        default=8086, ge=0, le=65_535, description="where influxlite listens when no InfluxDB is named"
    )
    admin_token: SecretStr | None = Field(
        default=None, description="the first admin token; else one is made at first start"
    )
    turnover: Literal["implicit", "adt"] = "implicit"
    receipt_days: int = Field(
        default=30, ge=1, le=3650, description="how long a repeated reading is known by its receipt"
    )
    database_url: str | None = Field(default=None, description="SQLAlchemy URL; default: bedside.db in the data folder")

    influx_url: str | None = Field(default=None, validation_alias=_named("influx_url"))
    influx_org: str = Field(default="ward", validation_alias=_named("influx_org"))
    influx_v2_token: SecretStr | None = Field(default=None, validation_alias=_named("influx_v2_token"))
    influx_token: SecretStr | None = Field(
        default=None, description="the token for influxlite; default: the admin token"
    )
    bucket: str = Field(default="telemetry", pattern=BUCKET)
    influx_timeout_s: float = Field(default=10.0, gt=0, description="how long one write may take")

    timezone: str = Field(default="UTC", description="the ward's time zone, in which a night is noon to noon")
    pulse_interval_s: float = Field(default=15.0, gt=0, description="how often the pipeline's own state is written")
    forward_interval_s: float = Field(default=0.05, ge=0, description="how long the forwarder lets readings gather")
    forward_lines: int = Field(default=5_000, ge=1, le=50_000, description="the most lines in one write")
    outbox_limit: int = Field(default=50_000_000, ge=1, description="the most lines waiting for InfluxDB before 503")
    queue_limit: int = Field(default=100_000, ge=1, description="the most readings waiting for the disk before 503")
    max_rooms: int = Field(default=10_000, ge=1)
    max_tokens: int = Field(default=10_000, ge=1)
    max_devices: int = Field(default=10_000, ge=1)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise SettingsError("; ".join(_sentence(fault) for fault in error.errors())) from None

    @field_validator("influx_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not _is_address(value):
            raise ValueError("must be an address, such as http://127.0.0.1:8086")
        return value

    @field_validator("database_url")
    @classmethod
    def _sqlite(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(SQLITE):
            raise ValueError("must begin with sqlite:/// (other databases than SQLite are not supported yet)")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value).key
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError("must be the name of a time zone, such as Europe/Zurich") from None

    @field_validator("admin_token")
    @classmethod
    def _sendable(cls, value: SecretStr | None) -> SecretStr | None:
        token = "" if value is None else value.get_secret_value()
        if value is not None and not 8 <= len(token) <= 512:
            raise ValueError("must have 8 to 512 characters")
        if not (token.isascii() and token.isprintable() and token == token.strip()):
            # No request could carry it as it is: the admin would be refused without a word of why.
            raise ValueError("must be of printable ASCII characters without a blank at either end")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env file is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - `…_FILE` is the way
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Given values first, then the environment, then the files it names."""
        return init_settings, env_settings, _SecretFiles(settings_cls)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        if self.database_url is None:
            return self.data / "bedside.db"
        return Path(self.database_url.removeprefix(SQLITE))

    @property
    def images(self) -> Path:
        """The folder of flow images."""
        return self.data / "images"

    @property
    def run(self) -> Path:
        """The folder of lock and socket."""
        return self.data / "run"

    @property
    def target_url(self) -> str:
        """The InfluxDB that readings are forwarded to."""
        return (self.influx_url or f"http://127.0.0.1:{self.influx_port}").rstrip("/")

    @property
    def pipeline_bucket(self) -> str:
        """The bucket for the pipeline's own state: apart from the readings, which are patients' data."""
        return f"{self.bucket}-pipeline"

    @property
    def target_token(self) -> str | None:
        """The token for that InfluxDB."""
        chosen = self.influx_v2_token if self.influx_url else (self.influx_token or self.admin_token)
        return chosen.get_secret_value() if chosen else None

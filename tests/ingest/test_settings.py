"""Settings of the ingest server from the environment: what cannot be used is said in a sentence, before a start."""

from pathlib import Path

import pytest

from ingest import IngestSettings
from ingest.errors import SettingsError

# what is wrong → (the setting and its value, the sentence)
BAD: dict[str, tuple[str, str, str]] = {
    "a choice that there is not": ("TURNOVER", "sometimes", "BEDSIDE_TURNOVER must be 'implicit' or 'adt'"),
    "a zone of Mars": (
        "TIMEZONE",
        "Mars/Olympus",
        "BEDSIDE_TIMEZONE must be the name of a time zone, such as Europe/Zurich",
    ),
    "a zone that is a path": (
        "TIMEZONE",
        "../etc/passwd",
        "BEDSIDE_TIMEZONE must be the name of a time zone, such as Europe/Zurich",
    ),
    "days in words": ("RECEIPT_DAYS", "many", "BEDSIDE_RECEIPT_DAYS must be a valid integer"),
    "no days": ("RECEIPT_DAYS", "0", "BEDSIDE_RECEIPT_DAYS must be at least 1"),
    "another database": (
        "DATABASE_URL",
        "postgresql://ward",
        "BEDSIDE_DATABASE_URL must begin with sqlite:/// (other databases than SQLite are not supported yet)",
    ),
    "a short token": ("ADMIN_TOKEN", "swrdf", "BEDSIDE_ADMIN_TOKEN must have 8 to 512 characters"),
    "a token that no header carries": (
        "ADMIN_TOKEN",
        "schlüsselwort",
        "BEDSIDE_ADMIN_TOKEN must be of printable ASCII characters without a blank at either end",
    ),
    "a token with a blank at its end": (
        "ADMIN_TOKEN",
        "a-good-token ",
        "BEDSIDE_ADMIN_TOKEN must be of printable ASCII characters without a blank at either end",
    ),
    "a secret that is nowhere": (
        "ADMIN_TOKEN_FILE",
        "/nowhere",
        "BEDSIDE_ADMIN_TOKEN_FILE names a file that cannot be read",
    ),
    "a secret of nothing": (
        "ADMIN_TOKEN_FILE",
        "/dev/null",
        "BEDSIDE_ADMIN_TOKEN_FILE names a file that is empty",
    ),
    "a port beyond the last": ("PORT", "65536", "BEDSIDE_PORT must be less than or equal to 65535"),
    "an interval without end": ("PULSE_INTERVAL_S", "inf", "BEDSIDE_PULSE_INTERVAL_S must be a finite number"),
    "a bucket of InfluxDB's own": (
        "BUCKET",
        "_monitoring",
        "BEDSIDE_BUCKET must be a name without quotes and backslashes that does not begin with _",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_setting_is_a_sentence(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """It names the variable and what it may be, and never repeats the value."""
    name, value, sentence = BAD[what]
    monkeypatch.setenv(f"BEDSIDE_{name}", value)
    with pytest.raises(SettingsError) as raised:
        IngestSettings()
    assert str(raised.value) == sentence


@pytest.mark.parametrize("url", ["influx.ward:8086", "ftp://influx", "http://", "http://influx:port", "8086"])
def test_the_address_of_influxdb_is_one(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """INFLUXDB_V2_URL is refused by that name, not found out by a forwarder that tries for ever."""
    monkeypatch.setenv("INFLUXDB_V2_URL", url)
    with pytest.raises(SettingsError, match=r"^INFLUXDB_V2_URL must be an address, such as http://127\.0\.0\.1:8086$"):
        IngestSettings()


def test_every_bad_setting_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever mends one need not start again to hear of the next."""
    monkeypatch.setenv("BEDSIDE_TURNOVER", "sometimes")
    monkeypatch.setenv("BEDSIDE_RECEIPT_DAYS", "many")
    with pytest.raises(SettingsError, match=r"BEDSIDE_TURNOVER .*; BEDSIDE_RECEIPT_DAYS"):
        IngestSettings()


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As a compose file sets them that are not given: the default counts, and a secret's file."""
    secret = tmp_path / "admin"
    secret.write_text("a-secret-from-a-file\n")
    for name in ("TURNOVER", "RECEIPT_DAYS", "ADMIN_TOKEN", "TIMEZONE", "PORT"):
        monkeypatch.setenv(f"BEDSIDE_{name}", "")
    monkeypatch.setenv("BEDSIDE_ADMIN_TOKEN_FILE", str(secret))
    settings = IngestSettings()
    assert (settings.turnover, settings.receipt_days, settings.port) == ("implicit", 30, 8000)
    assert settings.admin_token is not None
    assert settings.admin_token.get_secret_value() == "a-secret-from-a-file"

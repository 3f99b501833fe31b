"""Where a running Bedside is reached: `bedside up` writes it into the data folder, the other commands read it there."""

import contextlib
import json
from dataclasses import replace
from pathlib import Path

from bedside.settings import Settings

FIELDS = ("host", "port", "influx_port", "influx_url", "influx_org", "influx_bucket", "external_influx")


def _file(settings: Settings) -> Path:
    return settings.run_folder / "up.json"


def announce(settings: Settings) -> None:
    """Write where this Bedside is reached."""
    new = _file(settings).with_suffix(".new")
    new.write_text(json.dumps({name: getattr(settings, name) for name in FIELDS}, indent=2) + "\n")
    new.replace(_file(settings))


def withdraw(settings: Settings) -> None:
    """It is reached no more."""
    _file(settings).unlink(missing_ok=True)


def as_running(settings: Settings, given: set[str]) -> Settings:
    """The settings with what `bedside up` announced, except for those that the environment gives."""
    with contextlib.suppress(OSError, ValueError):
        told = json.loads(_file(settings).read_text())
        return replace(settings, **{name: told[name] for name in FIELDS if name in told and name not in given})
    return settings

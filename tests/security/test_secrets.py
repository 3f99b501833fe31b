"""Secrets: in files that only their owner reads, and in no process list, environment or log."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.security.conftest import ADMIN, Doors

PARTS = ("ingest", "influxlite", "ward")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


def processes(doors: Doors) -> dict[str, Path]:
    """What `bedside up` started, by name, and whatever that started, as folders of /proc."""
    found = {name: Path(f"/proc/{doors.up.pid(name)}") for name in PARTS}
    parents = set(found.values())
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = re.search(r"^PPid:\t(\d+)", (process / "status").read_text(), re.MULTILINE)
        except OSError:
            continue
        if parent and Path(f"/proc/{parent[1]}") in parents:
            found[process.name] = process
    return found


def test_no_process_list_and_no_environment_shows_a_secret(doors: Doors) -> None:
    """The admin's token came by the environment of `bedside up`: no part has it, or another, in its own."""
    for name, process in processes(doors).items():
        shown = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        for which, token in doors.tokens.items():
            assert token.encode() not in shown, (name, which)
    command = (Path("/proc") / str(doors.up.process.pid) / "cmdline").read_bytes()
    assert ADMIN.encode() not in command


def test_every_file_with_a_secret_is_its_owners_alone(doors: Doors) -> None:
    """No other user reads a secret in the data folder."""
    data = doors.up.data
    holding = [file for file in data.rglob("*") if file.is_file() and ADMIN.encode() in file.read_bytes()]
    assert holding
    for file in (*holding, data / "secret.key", data / "secrets" / "analyst-token"):
        assert file.stat().st_mode & 0o077 == 0, file
        assert file.stat().st_uid == os.getuid()


def test_no_other_user_reads_what_is_in_the_data_folder(doors: Doors) -> None:
    """Where somebody has made the folder for all to look into, names, points, logs and locks are the owner's alone."""
    assert doors.up.data.stat().st_mode & 0o007
    found = [path for path in doors.up.data.rglob("*") if path.lstat().st_mode & 0o077]
    assert found == []


def test_no_log_holds_a_token(doors: Doors) -> None:
    """Logs at their most talkative, after every kind of call: no token, whole or as sent."""
    for token in doors.tokens.values():
        doors.call("GET", "/v1/rooms", token)
        doors.call("GET", f"/v1/rooms?token={token}")
        doors.call("GET", doors.influx_url + "/api/v2/buckets", token)
    for log in (doors.up.data / "logs").iterdir():
        text = log.read_text()
        for name, token in doors.tokens.items():
            assert token not in text, (log.name, name)

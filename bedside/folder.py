"""The data folder, looked at before anything starts: can it be made and written, is there room, is it free."""

import errno
import os
import shutil
import time
from pathlib import Path

from bedside.errors import Failure
from bedside.locks import Locked, hold
from bedside.settings import Settings
from ingest.restoring import half_restored

LEAST_FREE_BYTES = 64 * 2**20
ORPHANS_END_WITHIN_S = 10.0


def prepare(settings: Settings) -> None:
    """Make the folder with what belongs into it, and prove that it can be written.

    Raises `Failure` with one sentence when it is read-only, full, or not a folder.
    """
    where = settings.data
    try:
        for folder in (where, settings.run_folder, settings.log_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = settings.run_folder / "probe"
        with probe.open("wb") as file:
            file.write(b"\0" * 65536)
            file.flush()
            os.fsync(file.fileno())
        probe.unlink()
        if (points := where / "influx").is_dir() and points.stat().st_mode & 0o077:
            points.chmod(0o700)  # of an older Bedside: whoever could look into the folder read the points
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Failure(
                f"The disk that holds {where} is full: make room, or name another folder with --data."
            ) from None
        if problem.errno in (errno.EEXIST, errno.ENOTDIR):
            raise Failure(f"{where} is a file, not a folder: name another folder with --data.") from None
        raise Failure(
            f"The data folder {where} cannot be written ({problem.strerror}): change its owner or mode, or name "
            "another folder with --data."
        ) from None
    free = shutil.disk_usage(where).free
    if free < LEAST_FREE_BYTES:
        raise Failure(
            f"The disk that holds {where} has only {free // 2**20} MB free; Bedside starts with "
            f"{LEAST_FREE_BYTES // 2**20} MB or more: make room, or name another folder with --data."
        )


def take(settings: Settings) -> int:
    """Hold the folder for this process; the lock goes when the process ends.

    Raises `Failure` when another `bedside up` holds it. Parts that a killed one left behind end by themselves within
    a second; this waits for them. A restore that was killed while it took its place is finished first.
    """
    try:
        descriptor = hold(settings.run_folder / "up.lock")
    except Locked as locked:
        who = f" (process {locked.holder})" if locked.holder else ""
        raise Failure(
            f"Bedside already runs on {settings.data}{who}: stop that one first, or name another folder with --data."
        ) from None
    deadline = time.monotonic() + ORPHANS_END_WITHIN_S
    for pid_file in settings.run_folder.glob("*.pid"):
        while _alive(pid_file) and time.monotonic() < deadline:
            time.sleep(0.05)
        pid_file.unlink(missing_ok=True)
    if half_restored(settings.data):
        from bedside.keep import switch  # it needs the client of InfluxDB, which a start has no use for otherwise

        switch.finish(settings)
    return descriptor


def refuse_half_restored(settings: Settings) -> None:
    """Raises `Failure` where a restore was killed while it took its place: no part may start on half of it."""
    if half_restored(settings.data):
        raise Failure(
            f"A restore of {settings.data} was stopped while it took its place: `bedside up`, or `bedside restore` "
            "with the same file, finishes it."
        )


def _alive(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text()), 0)
    except (OSError, ValueError):
        return False
    return True

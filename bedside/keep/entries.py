"""The lines of the audit log that backups and restores are told in: each carries away, or brings back, all there is.

They are written by whoever may read the data folder, with no token: `who` is the name that the system knows them by.
"""

import os
import pwd
from pathlib import Path

from bedside.errors import Failure
from ingest.audit import Audit, audit_file, last_line


def begun(data: Path, file: Path, backup_id: str, encrypted: str) -> None:
    """Write down that a backup is taken, before anything is read; Failure where that cannot be kept."""
    told = {"what": "backup", "id": backup_id, "file": file.name, "encrypted": encrypted}
    try:
        Audit(audit_file(data)).add([{"who": _user(), "token": "", **told}])
    except OSError as problem:
        raise Failure(
            f"That a backup is taken cannot be written to the audit log in {data / 'ward'} ({problem.strerror}), so "
            "none is taken: make room there, or make the folder writable."
        ) from None


def restored(staging: Path, data: Path, backup_id: str, taken: str) -> None:
    """Write down, in the log that comes back, what it came from, and where the log ended that it takes the place of.

    Failure where that cannot be kept.
    """
    told = {"what": "restore", "id": backup_id, "taken": taken, "replaced": ""}
    try:
        if before := last_line(audit_file(data)):
            told["replaced"] = f"{before[0]}:{before[1]}"
        Audit(audit_file(staging)).add([{"who": _user(), "token": "", **told}])
    except OSError as problem:
        raise Failure(
            f"The audit log cannot be written to {staging} ({problem.strerror}). Nothing was changed."
        ) from None


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"

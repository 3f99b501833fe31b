"""One process, one data folder: an advisory lock that the kernel gives up when its holder dies."""

import fcntl
import os
from pathlib import Path

from influxlite.storage.errors import FolderError, LockedError


class FolderLock:
    """Holds `FOLDER/lock` from `__init__` to `release()`.

    Raises LockedError when another process holds it, FolderError when the folder cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing and take the lock, without waiting."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as fault:
            raise FolderError(f"cannot write to the data folder {folder}: {fault.strerror}") from fault
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            holder = os.read(self._descriptor, 32).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            who = f" (process {holder})" if holder else ""
            raise LockedError(
                f"the data folder {folder} is in use by another influxlite{who}; stop it or give another folder"
            ) from fault
        try:
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, f"{os.getpid()}\n".encode())
        except OSError as fault:
            os.close(self._descriptor)
            raise FolderError(f"cannot write to the data folder {folder}: {fault.strerror}") from fault

    def release(self) -> None:
        """Give the lock up; the file stays, so that no two processes ever lock different files of one name."""
        os.close(self._descriptor)

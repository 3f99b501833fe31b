"""One program at a time on one folder: an advisory lock that the system lets go however its holder ends."""

import errno
import fcntl
import os
import time
from pathlib import Path


class Locked(Exception):  # noqa: N818 - a state of the world, not a fault
    """Somebody else holds the lock; `holder` is their process id where it is known."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"held by process {holder}" if holder else "held by another process")
        self.holder = holder


def hold(path: Path, *, patience_s: float = 0.0) -> int:
    """Take the lock and write our process id into it; the descriptor keeps it until the process ends.

    Waits up to `patience_s` for a holder that is just ending, then raises `Locked`.
    """
    deadline = time.monotonic() + patience_s
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno not in (errno.EAGAIN, errno.EACCES):
                os.close(descriptor)
                raise
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
                os.close(descriptor)
                raise Locked(holder) from None
            time.sleep(0.05)
        else:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            return descriptor

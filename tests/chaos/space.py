"""A disk that fills: a small file system of its own where one can be mounted, else a limit on the size of files."""

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
MOUNTED_BYTES = 512 * 2**20
"""Enough for `bedside up` to start on, which wants 64 MB, and to hold a ward's days."""


def can_mount() -> bool:
    """Whether a file system can be mounted here."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        if not mount(Path(folder)):
            return False
        unmount(Path(folder))
    return True


def mount(folder: Path) -> bool:
    """Put a small file system in memory at an empty folder; whether that could be."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={MOUNTED_BYTES},mode=700", "bedside-chaos", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


def unmount(folder: Path) -> None:
    """Take it away with all it holds, at once or as soon as nobody uses it."""
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True)


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """Nothing more goes onto the mounted file system for the length of the block."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:  # in steps that become small: what is freed meanwhile by others is taken as well
            step = max(4096, shutil.disk_usage(folder).free // 2)
            file.write(b"\0" * min(step, 2**20))
    try:
        yield
    finally:
        ballast.unlink()


@contextlib.contextmanager
def bounded(pid: int, size: int) -> Iterator[None]:
    """No file that this process writes grows beyond `size` bytes for the length of the block."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, NO_LIMIT)

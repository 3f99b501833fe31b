"""Gives memory back to the system that was freed inside the process."""

import ctypes
from collections.abc import Callable


def _trimmer() -> Callable[[int], object] | None:
    """The C library's `malloc_trim`; None where it has none, as on macOS and with musl."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None


_trim = _trimmer()


def give_back() -> None:
    """Let the C library return what it keeps for later: after a large piece of work that is hundreds of MB.

    DuckDB takes its memory from the C library, and glibc returns by itself only what lies at the end of a heap. It
    takes some milliseconds, 25 at most where it was measured.
    """
    if _trim is not None:
        _trim(0)

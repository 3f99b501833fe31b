"""The journal of a restore that takes its place: while it is there, the folder's files may belong to two states."""

from pathlib import Path

JOURNAL = "restore.json"
"""The journal's name in the data folder; `bedside restore` writes it, and finishes what it says."""


def half_restored(data: Path) -> bool:
    """Whether a restore was stopped while it took its place in that folder: nothing may be served from it."""
    return (data / JOURNAL).exists()

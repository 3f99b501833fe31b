"""What a backup is told to be that is not what was written."""

from pathlib import Path

from bedside.errors import Failure


class Damaged(Failure):
    """The file is not what was written: nothing was changed."""


def changed(path: Path, why: str) -> Damaged:
    """The error, with what to do."""
    return Damaged(f"{path} is damaged: {why}. Nothing was changed. Take another copy of this backup, or an older one.")

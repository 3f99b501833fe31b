"""Puts what was restored into the place of what was there, so that a kill at any instant leaves a clear way on.

What is new lies checked and whole in `DATA/restoring`, and in buckets of other names where an InfluxDB of its own is in
use. A journal, `DATA/restore.json`, says that it shall take its place; from its sync on the restore is decided. Each
step is a rename, and finds what is left to do when it is begun anew: `bedside up` and `bedside restore` finish what a
journal says before anything else, and no server starts while there is one. What was there is not deleted: it goes to
`DATA/before-TIME`, and its buckets are named `…-before-TIME`.
"""

import json
import os
from pathlib import Path
from typing import Any

from bedside.errors import Failure
from bedside.keep.archive import sync_folder
from bedside.keep.influx import Buckets
from bedside.secrets import find_influx_token
from bedside.settings import Settings
from ingest.restoring import JOURNAL
from query import Address

STAGING = "restoring"
OWN = (
    "bedside.db", "bedside.db-wal", "bedside.db-shm", "images", "secret.key", "secrets", "ward", "influx", "simulator",
    "demo.json",
)  # fmt: skip
"""What of a data folder is Bedside's, and is replaced together. Locks, logs and what else lies there stay."""


def occupied(data: Path) -> list[str]:
    """What of Bedside a folder holds."""
    return [name for name in OWN if (data / name).exists()]


def begin(data: Path, aside: str, renames: list[dict[str, str]]) -> None:
    """Decide it: `aside` is the folder for what was there, `renames` are buckets (`id`, new `name`), in order."""
    _write(data, {"aside": aside, "renames": renames, "old_is_aside": False})


def finish(settings: Settings, token: str | None = None) -> str:
    """Do what is left to do; the name of the folder that holds what was there before.

    Call only while the folder's lock is held. Unreachable where an InfluxDB must be asked and does not answer.
    """
    data = settings.data
    try:
        journal: dict[str, Any] = json.loads((data / JOURNAL).read_text())
        if journal["renames"]:
            _rename(settings, journal["renames"], token)
        aside = data / journal["aside"]
        if not journal["old_is_aside"]:
            aside.mkdir(mode=0o700, exist_ok=True)
            for name in occupied(data):
                (data / name).rename(aside / name)
            sync_folder(aside)
            journal["old_is_aside"] = True
            _write(data, journal)
        for new in sorted((data / STAGING).iterdir()) if (data / STAGING).is_dir() else []:
            new.rename(data / new.name)
        sync_folder(data)
        if (data / STAGING).is_dir():
            (data / STAGING).rmdir()
        if not any(aside.iterdir()):
            aside.rmdir()
        (data / JOURNAL).unlink()
        sync_folder(data)
    except OSError as problem:
        raise Failure(
            f"What was restored cannot be put in its place ({problem.strerror}: {problem.filename}). Mend that, then "
            "run `bedside restore` again: it goes on from here."
        ) from None
    return journal["aside"]


def _rename(settings: Settings, renames: list[dict[str, str]], token: str | None) -> None:
    address = Address(settings.influx_url, settings.influx_org, find_influx_token(settings, token))
    with Buckets(address) as buckets:
        by_id = {bucket.id: bucket for bucket in buckets.all().values()}
        for rename in renames:
            bucket = by_id.get(rename["id"])
            if bucket is None:
                raise Failure(
                    f"The bucket that shall be named {rename['name']} is gone from {settings.influx_url}. Is that the "
                    f"InfluxDB that was restored to? If it is, delete {settings.data / JOURNAL} and restore anew."
                )
            if bucket.name != rename["name"]:
                buckets.rename(bucket, rename["name"])


def _write(data: Path, journal: dict[str, Any]) -> None:
    new = data / f"{JOURNAL}.new"
    with new.open("w") as file:
        json.dump(journal, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(data / JOURNAL)
    sync_folder(data)

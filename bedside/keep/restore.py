"""Brings a backup back: first everything is checked and written beside what is there, then it takes its place.

encryption       undone into the folder, where there is one
archive          every member against the manifest
database         SQLite's integrity check, foreign keys, a known revision, the rows that the manifest counts
points           written to buckets that nobody reads yet, and counted there
switch           the one moment, told by a journal (`switch.py`); until then nothing was changed
"""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

import ingest
from bedside import folder
from bedside.errors import Failure
from bedside.keep import downsampling, entries, points, switch
from bedside.keep.archive import Archive, sync_folder, unpack
from bedside.keep.backup import Tell
from bedside.keep.damaged import Damaged, changed
from bedside.keep.envelope import is_sealed, unseal
from bedside.keep.influx import Buckets, retention_s, started, told_as_failures
from bedside.keep.keys import Key
from bedside.locks import Locked, hold
from bedside.secrets import admin_token_file, analyst_token_file, find_influx_token, keep, kept
from bedside.settings import Settings
from query import Address

HALF = "-restoring"  # how the names of buckets end that are not whole yet
PART_BYTES = 2**30  # a hundred thousand values, which are some ten megabytes: what is a thousand times as much is none
SPARE_BYTES = 64 * 2**20
PLAIN = "backup.tar"
SPACE_FACTOR = 2  # the points take about as much again as the archive does


@dataclass(frozen=True)
class Restored:
    """What was brought back. `finished` alone: an earlier restore, begun and killed, was put in its place."""

    finished: bool
    aside: Path | None = None
    manifest: dict[str, Any] = field(default_factory=dict)
    buckets_aside: tuple[str, ...] = ()


def restore(
    settings: Settings,
    file: Path,
    tell: Tell,
    *,
    replace: bool = False,
    token: str | None = None,
    key: Key | None = None,
) -> Restored:
    """Bring back the backup in `file`, opened with `key`, to the data folder and the InfluxDB of these settings.

    Failure, and nothing is changed, where a server runs on the folder, where folder or InfluxDB hold something and
    `replace` is not given, where the archive is damaged, or where something does not come back as it was.
    """
    if not file.is_file():
        raise Failure(f"There is no file {file}.")
    _check_key(file, key)
    if os.environ.get("BEDSIDE_DATABASE_URL"):
        raise Failure("BEDSIDE_DATABASE_URL names a database outside the data folder: restore without it.")
    began_before = (settings.data / switch.JOURNAL).exists()
    folder.prepare(settings)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, folder.take(settings))  # which finishes a restore that was killed
        if began_before:
            return Restored(finished=True)
        _hold_parts(settings, stack)
        there = switch.occupied(settings.data)
        if there and not replace:
            raise Failure(
                f"{settings.data} holds a Bedside already ({', '.join(there)}): name an empty folder with --data, or "
                "give --replace, which puts aside what is there."
            )
        _check_place(settings.data, there, file, SPACE_FACTOR + (key is not None))
        stack.callback(_clear, settings.data)
        return _restore(settings, file, tell, replace=replace, token=token, key=key)


def _restore(
    settings: Settings, file: Path, tell: Tell, *, replace: bool, token: str | None, key: Key | None
) -> Restored:
    staging, plain = settings.data / switch.STAGING, settings.data / switch.STAGING / PLAIN
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    if key is not None:
        unseal(file, key, plain, lambda done, total: tell("encryption", done, total))
    archive = unpack(file if key is None else plain, staging, lambda done, total: tell("archive", done, total))
    _arrange(staging)
    _check_database(staging / "bedside.db", archive)
    _keep_tokens(settings, staging)
    stamp = f"before-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    renames: list[dict[str, str]] = []
    if settings.external_influx:
        address = Address(settings.influx_url, settings.influx_org, find_influx_token(settings, token))
        with Buckets(address) as buckets, told_as_failures():
            renames = _beside(settings, archive, buckets, stamp, tell, replace=replace)
            _downsample(settings, archive, buckets)
    else:
        with started(settings, staging / "influx") as address, Buckets(address) as buckets, told_as_failures():
            names = {held["ending"]: settings.influx_bucket + held["ending"] for held in archive.manifest["buckets"]}
            _fill(archive, buckets, names, tell)
            _downsample(settings, archive, buckets)
    plain.unlink(missing_ok=True)
    try:
        entries.restored(staging, settings.data, archive.manifest["id"], archive.manifest["begun"])
    except OSError as problem:
        raise Failure(
            f"The audit log in {staging} cannot be written: {problem.strerror}. Nothing was changed."
        ) from None
    _sync_tree(staging)
    switch.begin(settings.data, stamp, renames)
    switch.finish(settings, token)
    aside = settings.data / stamp
    olds = tuple(rename["name"] for rename in renames if rename["name"].endswith(stamp))
    return Restored(False, aside if aside.exists() else None, archive.manifest, olds)


def _clear(data: Path) -> None:
    """Take away what was written beside the old, unless it is decided that it takes its place."""
    if not (data / switch.JOURNAL).exists():
        shutil.rmtree(data / switch.STAGING, ignore_errors=True)


def _hold_parts(settings: Settings, stack: contextlib.ExitStack) -> None:
    """Parts may run alone, without `bedside up`: their locks are held, too."""
    for part, lock in (
        ("ingest", settings.run_folder / "ingest.lock"),
        ("influxlite", settings.data / "influx" / "lock"),
    ):
        if lock.exists():
            try:
                stack.callback(os.close, hold(lock))
            except Locked:
                raise Failure(f"{part} runs on {settings.data}: stop it first. Nothing was changed.") from None


def _check_key(file: Path, key: Key | None) -> None:
    """What opens it is given if it is encrypted, and only then: no plain file is to pass for an encrypted one."""
    if key is None and is_sealed(file):
        raise Failure(f"{file} is encrypted: give --identity or --passphrase-file, whichever it was made for.")
    if key is not None and not is_sealed(file):
        raise Failure(
            f"{file} is no encrypted backup, or its beginning is damaged. Nothing was changed. One that is not "
            "encrypted is restored without --identity and --passphrase-file."
        )


def _check_place(data: Path, there: list[str], file: Path, factor: int) -> None:
    """What would come to light only when half is done."""
    for name in there:
        if (data / name).is_mount():
            raise Failure(f"{data / name} is a mount of its own and cannot be put aside: restore to another folder.")
        if file.resolve().is_relative_to((data / name).resolve()):
            raise Failure(f"{file} lies within what it shall replace: move it elsewhere first.")
    needed = factor * file.stat().st_size + SPARE_BYTES
    free = shutil.disk_usage(data).free
    if free < needed:
        raise Failure(
            f"The disk that holds {data} has {free // 2**20} MB free; the restore needs about {needed // 2**20} MB: "
            "make room first."
        )


def _arrange(staging: Path) -> None:
    """Give what was unpacked the places that it has in a data folder."""
    (staging / "identity.db").rename(staging / "bedside.db")
    if (staging / "kept").exists():
        for place in sorted((staging / "kept").iterdir()):
            place.rename(staging / place.name)
        (staging / "kept").rmdir()


def _check_database(file: Path, archive: Archive) -> None:
    """Damaged where SQLite finds fault with it, or where it has not the rows that the manifest counts."""
    manifest = archive.manifest
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            astray = database.execute("PRAGMA foreign_key_check").fetchone()
            (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
            counts = {
                table: database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608
                for table in manifest["counts"]
            }
    except (sqlite3.Error, TypeError) as problem:
        raise Damaged(
            f"{archive.path}: its identity database cannot be read ({problem}). Nothing was changed."
        ) from None
    if verdict != "ok" or astray is not None:
        why = verdict if verdict != "ok" else f"a row of {astray[0]} points to nothing"
        raise Damaged(f"{archive.path}: its identity database is not sound ({why}). Nothing was changed.")
    if counts != manifest["counts"] or revision != manifest["schema"]:
        raise Damaged(f"{archive.path}: its identity database is not the one that was counted. Nothing was changed.")
    config = Config()
    config.set_main_option("script_location", str(Path(ingest.__file__).parent / "migrations"))
    try:
        ScriptDirectory.from_config(config).get_revision(revision)
    except CommandError:
        raise Failure(
            f"{archive.path} was written by a newer Bedside than this one (its database is at {revision}). Update this "
            "program, then try again."
        ) from None


def _keep_tokens(settings: Settings, staging: Path) -> None:
    """The tokens that this machine keeps for itself are in no backup; where they go on to be good, they stay.

    The admin's is given to the database at each start; the analysts' is good if the restored database knows it.
    """
    with closing(sqlite3.connect(f"{(staging / 'bedside.db').as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        known = {bytes(digest) for (digest,) in database.execute("SELECT digest FROM tokens")}
    for file in (admin_token_file(settings), analyst_token_file(settings)):
        token = kept(file)
        if token and (file == admin_token_file(settings) or hashlib.sha256(token.encode()).digest() in known):
            keep(staging / "secrets" / file.name, token)


def _beside(
    settings: Settings, archive: Archive, buckets: Buckets, stamp: str, tell: Tell, *, replace: bool
) -> list[dict[str, str]]:
    """Fill buckets of an InfluxDB that has a life of its own; the renames that put them in their place.

    A bucket that is there and empty is filled itself, so that tokens for it go on to be good; one that holds something
    is replaced by a new one, and so is one that is missing.
    """
    there = {name: bucket for name, bucket in buckets.all().items() if points.belongs(name, settings.influx_bucket)}
    full = [name for name in sorted(there) if points.count(buckets.connection, name)]
    if full and not replace:
        raise Failure(
            f"{settings.influx_url} holds points already (in {', '.join(full)}): give --replace, which renames those "
            "buckets and makes new ones. Nothing was changed."
        )
    names, renames = {}, [{"id": there[name].id, "name": f"{name}-{stamp}"} for name in full]
    wanted = [held["ending"] for held in archive.manifest["buckets"]]
    for ending in wanted:
        name = settings.influx_bucket + ending
        names[ending] = name if name in there and name not in full else f"{name}{HALF}"
    left = buckets.all()
    for name in set(names.values()) - there.keys():
        if name in left:
            buckets.drop(left[name])  # of a restore that did not come to its end
    filled = _fill(archive, buckets, names, tell)
    return renames + [
        {"id": filled[name].id, "name": settings.influx_bucket + ending}
        for ending, name in names.items()
        if name.endswith(HALF)
    ]


def _fill(archive: Archive, buckets: Buckets, names: dict[str, str], tell: Tell) -> dict[str, Any]:
    """Write the points to the buckets of these names, by the endings they have in the archive, and count them there.

    Meanwhile a bucket keeps everything: what is older than it shall keep would be refused, and could not be counted.
    """
    total = sum(held["values"] for held in archive.manifest["buckets"])
    done = 0
    filled = {}
    for held in archive.manifest["buckets"]:
        name, ending = names[held["ending"]], held["ending"]
        bucket = buckets.all().get(name) or buckets.make(name, 0)
        if retention_s(bucket):
            buckets.keep(bucket, 0)
        for number, part in enumerate(_parts(archive, ending or "raw"), 1):
            buckets.write(name, part)
            tell("points", done + held["values"] * number // max(held["parts"], 1), total)
        done += held["values"]
        stored = points.count(buckets.connection, name)
        if stored != held["values"]:
            raise Failure(
                f"{buckets.address.url} holds {stored:,} values in {name} after {held['values']:,} were written: does "
                "something else write there? Nothing else was changed."
            )
        filled[name] = bucket
    for held in archive.manifest["buckets"]:
        if held["retention_s"]:
            buckets.keep(filled[names[held["ending"]]], held["retention_s"])
    return filled


def _downsample(settings: Settings, archive: Archive, buckets: Buckets) -> None:
    """Where there were coarser points, the tasks that make them are there, too."""
    kept_s = {held["ending"]: held["retention_s"] for held in archive.manifest["buckets"]}
    if downsampling.is_made([settings.influx_bucket + ending for ending in kept_s], settings.influx_bucket):
        downsampling.ensure_tasks(buckets, settings.influx_bucket, kept_s[""])


def _parts(archive: Archive, ending: str) -> Iterator[bytes]:
    """The parts of a bucket's points as line protocol; raises `Damaged` for one that is none."""
    for part in archive.parts(ending):
        unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            lines = unzip.decompress(part, PART_BYTES)
        except zlib.error:
            raise changed(archive.path, "points that cannot be unpacked") from None
        if not unzip.eof:
            raise changed(archive.path, f"points that break off, or unpack to more than {PART_BYTES // 2**20} MiB")
        yield lines


def _sync_tree(top: Path) -> None:
    """See to it that all of a folder is on the disk: files, and the names of them."""
    for place, _, files in os.walk(top):
        for name in files:
            descriptor = os.open(Path(place) / name, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(Path(place))

"""For whom a backup is encrypted, and what opens it: age's recipients and identities, or a passphrase.

Secrets come from files, never as options: a process list shows those.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyrage
from pyrage import x25519

from bedside.errors import Failure

BEGINNINGS = (b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----")
FILE_BYTES = 64 * 1024
LEAST_PASSPHRASE = 12
SECRET = "AGE-SECRET-KEY-1"  # noqa: S105 - how every key begins


@dataclass(frozen=True)
class Lock:
    """For whom a backup is encrypted: either recipients or a passphrase."""

    recipients: tuple[x25519.Recipient, ...] = ()
    passphrase: str | None = None

    @property
    def kind(self) -> str:
        """How it is told in the audit log."""
        return "passphrase" if self.passphrase else "recipients"


@dataclass(frozen=True)
class Key:
    """What opens one: either identities or a passphrase."""

    identities: tuple[x25519.Identity, ...] = ()
    passphrase: str | None = None


def for_recipients(texts: Sequence[str]) -> Lock:
    """The lock for recipients as `age-keygen` prints them; Failure names the first that is none by its place."""
    found = []
    for number, text in enumerate(texts, 1):
        try:
            found.append(x25519.Recipient.from_str(text.strip()))
        except pyrage.RecipientError:
            what = "a secret key: give what `age-keygen -y` tells of it" if SECRET in text.upper() else "none"
            raise Failure(f"Recipient {number} should be an age recipient, `age1…`, but is {what}.") from None
    return Lock(recipients=tuple(found))


def with_passphrase(file: Path) -> Lock:
    """The lock of the passphrase in that file; Failure where it is too short to guard anything."""
    told = read_passphrase(file)
    if len(told) < LEAST_PASSPHRASE:
        raise Failure(f"The passphrase in {file} has fewer than {LEAST_PASSPHRASE} characters: take a longer one.")
    return Lock(passphrase=told)


def read_passphrase(file: Path) -> str:
    """The first line of a file, which must be its only one."""
    lines = _text(file).splitlines()
    if len(lines) != 1 or not lines[0].strip():
        raise Failure(f"{file} should hold a passphrase on one line, and nothing else.")
    return lines[0]


def read_identities(file: Path) -> Key:
    """The keys in a file as `age-keygen` writes it: one a line, comments behind `#`."""
    text = _text(file)
    if text.startswith(tuple(beginning.decode() for beginning in BEGINNINGS)):
        raise Failure(f"{file} is encrypted itself: `age --decrypt {file}` tells the key in it.")
    lines = [line.strip() for line in text.splitlines()]
    try:
        found = tuple(x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#"))
    except pyrage.IdentityError:
        found = ()
    if not found:
        raise Failure(f"{file} should hold age's secret keys, {SECRET}…, one a line, and nothing else.")
    return Key(identities=found)


def make_key(file: Path) -> str:
    """Write a new key to a new file for its owner's eyes; the recipient to encrypt for."""
    identity = x25519.Identity.generate()
    recipient = str(identity.to_public())
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Failure(
            f"{file} is there already: name another file. Backups need the key that they were made with."
        ) from None
    except OSError as problem:
        raise Failure(f"{file} cannot be written: {problem.strerror}.") from None
    with os.fdopen(descriptor, "w") as opened:
        opened.write(f"# public key: {recipient}\n{identity}\n")
        opened.flush()
        os.fsync(opened.fileno())
    return recipient


def _text(file: Path) -> str:
    """What a small file holds."""
    try:
        with file.open("rb") as opened:
            return opened.read(FILE_BYTES).decode()
    except OSError as problem:
        raise Failure(f"{file} cannot be read: {problem.strerror}.") from None
    except UnicodeError:
        raise Failure(f"{file} is not text.") from None

"""One post of readings from its bytes to its answer: checked here, kept by the committer. Knows no web framework.

`take` is what `routes/readings` and `express` both call, so that a post is answered the same whichever way it came.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ingest import idempotency
from ingest.accept import LATE, Accepted, accept, count, flag_names
from ingest.clock import format_ms
from ingest.committer import Done
from ingest.errors import Forbidden, Malformed, Problem, Unavailable
from ingest.idempotency import Answer
from ingest.images import digest
from ingest.incoming import Incoming
from ingest.reading import instant, parse_array, parse_lines, parse_object
from ingest.service import Service
from ingest.tokens import Token
from ingest.transaction import Transaction

_FLAGS_TEXT = {bits: json.dumps(flag_names(bits)) for bits in range(16)}


@dataclass(slots=True)
class Post:
    """A request of a known token: its body as it is, and what its headers say."""

    token: Token
    path: str
    body: bytes
    sent_at: str | None = None
    key: str | None = None


def authorize(parts: Service, authorization: str | None, role: str | None) -> Token:
    """The caller's token; raises `Unauthenticated`, or `Forbidden` without that role (None: any)."""
    token = parts.tokens.authenticate(authorization)
    if role is not None and not token.may(role):
        raise Forbidden("wrong-role", f"This call needs the role {role}; use a token that has it.")
    return token


@dataclass(slots=True)
class Checked:
    """A post that may be kept: the work that keeps it, its readings, and the images that `work` names by then."""

    work: Callable[[Transaction], Answer]
    readings: list[Incoming]
    items: int
    kept: set[str] = field(default_factory=set)

    def has_images(self) -> bool:
        """Whether something must be on disk before the work begins."""
        return any(reading.image is not None for reading in self.readings)


def take(parts: Service, post: Post, *, lines: bool) -> Answer:
    """Keep one reading, an array of them, or one a line: the status and the body of the answer. Raises a `Problem`."""
    return keep(parts, post, check(parts, post, lines=lines))


def check(parts: Service, post: Post, *, lines: bool) -> Checked:
    """Read a post; raises a `Problem` if it is none. Nothing is kept yet."""
    try:
        sent_at_ms = _header_time(post.sent_at)
        if lines:
            return _batch(parts, post, parse_lines(post.body), sent_at_ms)
        if post.body.lstrip(b" \t\r\n")[:1] == b"[":
            return _batch(parts, post, parse_array(post.body), sent_at_ms)
        return _single(parts, post, parse_object(post.body), sent_at_ms)
    except Problem as problem:
        _count(parts, problem)
        raise


def keep(parts: Service, post: Post, checked: Checked) -> Answer:
    """Keep a post that was read, and wait until it is on disk. Raises a `Problem`."""

    def commit() -> tuple[Answer, set[str]]:
        return submit(parts, post, checked.work, checked.items), checked.kept

    try:
        return parts.with_images(checked.readings, commit)
    except Problem as problem:
        _count(parts, problem)
        raise


def begin(parts: Service, checked: Checked, done: Done) -> None:
    """Keep a post that was read, one without images and without a key, and do not wait: `done` gets what came of it."""

    def counted(answer: Answer | None, problem: Problem | None) -> None:
        if problem is not None:
            _count(parts, problem)
        done(answer, problem)

    try:
        parts.committer.begin(checked.work, checked.items, counted)
    except Problem as problem:
        counted(None, problem)


def _count(parts: Service, problem: Problem) -> None:
    parts.metrics.rejected.labels(problem.slug).inc()


def submit(parts: Service, post: Post, work: Callable[[Transaction], Answer], items: int) -> Answer:
    """Run `work` in a transaction, once for an Idempotency-Key; its status and body."""
    key, token = post.key, post.token
    if key is None:
        result = parts.committer.submit(work, items)
    else:
        digest_of_request = idempotency.digest_of(post.path, post.body)
        with parts.keys.running(token.id, key):
            result = parts.committer.submit(
                lambda tx: idempotency.once(tx, token.id, key, digest_of_request, work), items
            )
    return result


def _header_time(text: str | None) -> int | None:
    if not text:
        return None
    try:
        return instant("Bedside-Sent-At", text)
    except Problem as problem:
        raise Malformed("invalid-header", problem.detail, problem.errors) from None


def _prepare(token: Token, reading: Incoming, sent_at_ms: int | None) -> Incoming:
    """What the request around a reading says of it: whether its room is allowed, its device, when it was sent."""
    token.check_room(reading.room)
    if reading.device is None:
        reading.device = token.name
    if reading.sent_at_ms is None:
        reading.sent_at_ms = sent_at_ms
    return reading


def _single(parts: Service, post: Post, reading: Incoming, sent_at_ms: int | None) -> Checked:
    _prepare(post.token, reading, sent_at_ms)

    def work(tx: Transaction) -> Answer:
        accepted = parts.accept(tx, reading)
        if reading.image is not None:
            checked.kept.add(digest(reading.image))
        return 201, f"{{{_accepted_text(accepted, format_ms(accepted.time_ms))}}}\n".encode()

    checked = Checked(work, [reading], 1)
    return checked


def _accepted_text(accepted: Accepted, time: str) -> str:
    """The members of an answer; every value is of letters, digits and hyphens, so that nothing needs an escape."""
    return (
        f'"status": "accepted", "room": "{accepted.room}", "mrn": "{accepted.mrn}", '
        f'"time": "{time}", "flags": {_FLAGS_TEXT[accepted.flags]}'
    )


def _batch(parts: Service, post: Post, items: Sequence[Incoming | Problem], sent_at_ms: int | None) -> Checked:
    token = post.token
    prepared: list[Incoming | Problem] = []
    readings: list[Incoming] = []
    for item in items:
        if isinstance(item, Incoming):
            try:
                readings.append(_prepare(token, item, sent_at_ms))
            except Problem as problem:
                item = problem
        prepared.append(item)

    def work(tx: Transaction) -> Answer:
        checked.kept.clear()
        return 200, _batch_answer(parts, tx, prepared, checked.kept)

    checked = Checked(work, readings, len(items))
    return checked


def _batch_answer(parts: Service, tx: Transaction, items: list[Incoming | Problem], kept: set[str]) -> bytes:
    """Take each item, and write down what became of it; `kept` gets the images that are named now."""
    results: list[str] = []
    new = duplicate = late = 0
    time_ms, time = 0, format_ms(0)  # many readings of a batch may be of one instant
    for index, item in enumerate(items):
        if isinstance(item, Incoming):
            try:
                accepted = accept(tx, item, parts.rules)
            except Unavailable:
                raise
            except Problem as problem:
                item = problem
            else:
                if item.image is not None:
                    kept.add(digest(item.image))
                if accepted.time_ms != time_ms:
                    time_ms = accepted.time_ms
                    time = format_ms(time_ms)
                if accepted.duplicate:
                    duplicate += 1
                    results.append(f'{{"index": {index}, {_accepted_text(accepted, time)}, "duplicate": true}}')
                else:
                    new += 1
                    late += accepted.flags & LATE
                    results.append(f'{{"index": {index}, {_accepted_text(accepted, time)}}}')
                continue
        tx.count("rejected", item.slug)
        results.append(
            f'{{"index": {index}, "status": "rejected", "room": null, "mrn": null, "time": null, "flags": [], '
            f'"problem": {json.dumps(item.document())}}}'
        )
    count(tx, new, duplicate, late)
    rejected = len(items) - new - duplicate
    counts = f'"accepted": {new}, "duplicate": {duplicate}, "rejected": {rejected}'
    return f'{{{counts}, "results": [{", ".join(results)}]}}\n'.encode()

"""`POST /v1/readings`: one reading, an array of them, or one a line."""

import json
from typing import Any

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint

from ingest import idempotency, openapi
from ingest.accept import Accepted, flag_names
from ingest.clock import format_ms
from ingest.errors import Malformed, Problem, Unavailable
from ingest.idempotency import Answer
from ingest.images import digest
from ingest.openapi import JSON, NDJSON
from ingest.reading import Incoming, instant, parse_array, parse_lines, parse_object
from ingest.routes.common import answer, authorize, body_bytes, check_media_type, service
from ingest.service import Service
from ingest.tokens import Token
from ingest.transaction import Transaction

blueprint = APIBlueprint("readings", __name__, abp_tags=[{"name": "readings"}])
_FLAGS_TEXT = {bits: json.dumps(flag_names(bits)) for bits in range(16)}


@blueprint.post(
    "/v1/readings",
    operation_id="post_readings",
    request_body=openapi.readings_body(),
    openapi_extensions={"parameters": [openapi.IDEMPOTENCY_KEY, openapi.SENT_AT]},
    responses={
        **openapi.responses(
            201, openapi.ACCEPTED_SCHEMA, "One reading is on disk.", 400, 401, 403, 409, 413, 415, 422, 503
        ),
        "200": {
            "description": "A batch is on disk: each item by itself, in the order sent.",
            "content": {JSON: {"schema": openapi.BATCH_SCHEMA}},
        },
    },
)
def post_readings() -> Response:
    """Keep one reading, or a batch of up to 10,000 as a JSON array or NDJSON.

    The answer is sent when the readings are on disk. A body may be gzipped.
    """
    token = authorize("monitor")
    try:
        kind = check_media_type(JSON, NDJSON)
        body = body_bytes()
        sent_at = _header_time()
        if kind == NDJSON:
            return answer(*_batch(token, body, parse_lines(body), sent_at))
        if body.lstrip(b" \t\r\n")[:1] == b"[":
            return answer(*_batch(token, body, parse_array(body), sent_at))
        return answer(*_single(token, body, parse_object(body), sent_at))
    except Problem as problem:
        service().metrics.rejected.labels(problem.slug).inc()
        raise


def _header_time() -> int | None:
    text = request.headers.get("Bedside-Sent-At")
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


def submit(token: Token, body: bytes, work: Any, items: int) -> Answer:
    """Run `work` in a transaction, once for an Idempotency-Key; its status and body."""
    parts = service()
    key = request.headers.get("Idempotency-Key")
    if key is None:
        result = parts.committer.submit(work, items)
    else:
        digest_of_request = idempotency.digest_of(request.path, body)
        with parts.keys.running(token.id, key):
            result = parts.committer.submit(
                lambda tx: idempotency.once(tx, token.id, key, digest_of_request, work), items
            )
    if parts.forwarder is not None:
        parts.forwarder.wake()
    return result


def _single(token: Token, body: bytes, reading: Incoming, sent_at_ms: int | None) -> Answer:
    _prepare(token, reading, sent_at_ms)
    parts = service()

    def work(tx: Transaction) -> Answer:
        return 201, f"{{{_accepted_text(parts.accept(tx, reading))}}}\n".encode()

    if reading.image is None:
        return submit(token, body, work, 1)
    name = digest(reading.image)
    return parts.with_images([reading], lambda: (submit(token, body, work, 1), {name}))


def _accepted_text(accepted: Accepted) -> str:
    """The members of an answer; every value is of letters, digits and hyphens, so that nothing needs an escape."""
    return (
        f'"status": "accepted", "room": "{accepted.room}", "mrn": "{accepted.mrn}", '
        f'"time": "{format_ms(accepted.time_ms)}", "flags": {_FLAGS_TEXT[accepted.flags]}'
    )


def _batch(token: Token, body: bytes, items: list[Incoming | Problem], sent_at_ms: int | None) -> Answer:
    prepared: list[Incoming | Problem] = []
    for item in items:
        try:
            prepared.append(item if isinstance(item, Problem) else _prepare(token, item, sent_at_ms))
        except Problem as problem:
            prepared.append(problem)
    readings = [item for item in prepared if isinstance(item, Incoming)]
    kept: set[str] = set()
    parts = service()

    def work(tx: Transaction) -> Answer:
        kept.clear()
        return 200, _batch_answer(parts, tx, prepared, kept)

    return parts.with_images(readings, lambda: (submit(token, body, work, len(items)), kept))


def _batch_answer(parts: Service, tx: Transaction, items: list[Incoming | Problem], kept: set[str]) -> bytes:
    """Take each item, and write down what became of it; `kept` gets the images that are named now."""
    results: list[str] = []
    new = duplicate = 0
    for index, item in enumerate(items):
        if isinstance(item, Incoming):
            try:
                accepted = parts.accept(tx, item)
            except Unavailable:
                raise
            except Problem as problem:
                item = problem
            else:
                if item.image is not None:
                    kept.add(digest(item.image))
                if accepted.duplicate:
                    duplicate += 1
                    results.append(f'{{"index": {index}, {_accepted_text(accepted)}, "duplicate": true}}')
                else:
                    new += 1
                    results.append(f'{{"index": {index}, {_accepted_text(accepted)}}}')
                continue
        tx.count("rejected", item.slug)
        results.append(
            f'{{"index": {index}, "status": "rejected", "room": null, "mrn": null, "time": null, "flags": [], '
            f'"problem": {json.dumps(item.document())}}}'
        )
    rejected = len(items) - new - duplicate
    counts = f'"accepted": {new}, "duplicate": {duplicate}, "rejected": {rejected}'
    return f'{{{counts}, "results": [{", ".join(results)}]}}\n'.encode()

"""What every route does: find the service, know the caller, read a body within its limits, answer."""

import json
import zlib
from collections.abc import Iterable
from typing import Any, TypeVar

from flask import Response, current_app, request
from pydantic import TypeAdapter, ValidationError

from ingest import intake
from ingest.errors import Malformed, Problem, TooLarge, WrongMediaType
from ingest.openapi import JSON, PROBLEM
from ingest.reading import check_repeated, problem_of, read_json
from ingest.service import Service
from ingest.tokens import Token

MOST_BYTES = 32 * 2**20
EXTENSION = "bedside"
T = TypeVar("T")


class Whole(Response):
    """A response whose body is there in one piece: servers may send it as it is, without asking for more."""

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        pieces, status, headers = self.get_wsgi_response(environ)
        start_response(status, headers)
        return [self.get_data()] if environ["REQUEST_METHOD"] != "HEAD" else pieces


def service() -> Service:
    """The running service of this app."""
    return current_app.extensions[EXTENSION]


def authorize(role: str | None) -> Token:
    """The caller's token; raises `Unauthenticated`, or `Forbidden` without that role (None: any)."""
    return intake.authorize(service(), request.headers.get("Authorization"), role)


def body_bytes() -> bytes:
    """The request's body, decompressed; raises `TooLarge`, `WrongMediaType` or `Malformed`."""
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding == "x-gzip":  # the same by its older name (RFC 9110, 8.4.1.3)
        coding = "gzip"
    if coding not in ("identity", "gzip", ""):
        raise WrongMediaType("unsupported-encoding", "Send the body as it is, or with Content-Encoding: gzip.")
    body = request.get_data(cache=False)
    if len(body) > MOST_BYTES:
        raise too_large()
    return _gunzip(body) if coding == "gzip" else body


def too_large() -> TooLarge:
    """The answer to a body beyond the limit."""
    return TooLarge("too-large", "A body has at most 32 MiB (33554432 bytes), also decompressed. Send it in parts.")


def _gunzip(body: bytes) -> bytes:
    """Decompress within the limit: memory never holds more than the limit, whatever the body claims."""
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(body, MOST_BYTES + 1)
    except zlib.error:
        raise Malformed("malformed-gzip", "The body is not gzip.") from None
    if len(plain) > MOST_BYTES:
        raise too_large()
    if not inflater.eof or inflater.unused_data:
        raise Malformed("malformed-gzip", "The gzip body is cut off, or something follows it.")
    return plain


def check_media_type(*allowed: str) -> str:
    """The media type of the body; raises `WrongMediaType` for others than these, or another charset than UTF-8."""
    kind = request.mimetype
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if kind not in allowed or charset not in ("utf-8", "utf8"):
        raise WrongMediaType("unsupported-media-type", f"Send {' or '.join(allowed)} in UTF-8.")
    return kind


def read_model(adapter: TypeAdapter[T], *, may_be_empty: bool = False) -> T:
    """The body as that type, strictly; raises a `Problem` that names the field."""
    body = body_bytes()
    if may_be_empty and not body.strip():
        body = b"{}"
    else:
        check_media_type(JSON)
    if body.count(b'"') > 100_000:
        raise TooLarge("too-large", "The body has far more fields than this call takes.")
    try:
        value = adapter.validate_json(body)
    except ValidationError as error:
        raise problem_of(error) from None
    check_repeated(read_json(body))
    return value


def answer(status: int, document: Any) -> Response:
    """A JSON answer; bytes are sent as they are."""
    content = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    return Whole(content, status, mimetype=JSON)


def refusal(problem: Problem) -> Response:
    """A problem document."""
    return Whole(json.dumps(problem.document()), problem.status, problem.headers, mimetype=PROBLEM)

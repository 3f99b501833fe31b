"""POST /api/v2/write: line protocol in, 204 when it is on disk.

The checks come in InfluxDB's order: precision, bucket parameter, gzip header, organization, bucket, permission, lines.
"""

import zlib
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from influxlite import line_protocol
from influxlite.server import context
from influxlite.server.errors import ApiError, internal
from influxlite.server.metrics import metrics
from influxlite.storage import Bucket, BusyError, PartialWriteError, Storage, StorageError, Token, Write

write = Blueprint("write", __name__)
PATH = "/api/v2/write"
MAX_BODY_BYTES = 50 * 2**20  # as sent, and again after decompression
GZIP_MAGIC = b"\x1f\x8b\x08"
GZIP_PIECE_BYTES = 16 * 1024
MOST_GZIP_MEMBERS = 10_000  # a body of 50 MB that bgzip packed has 800


@write.route(PATH, methods=["POST"])
def post_write() -> Response:
    """Store a batch. The app's door takes this route before Flask does; here it is for what goes round the door."""
    begun = take(
        context.storage(), context.token(), request.args, request.headers.get("Content-Encoding", ""), request.get_data
    )
    begun.finish()
    return Response(status=204)


def take(
    storage: Storage, token: Token, parameters: Mapping[str, str], encoding: str, read: Callable[[], bytes]
) -> "Begun":
    """One write request: checked in InfluxDB's order, then on its way. ApiError for what is refused before."""
    precision = parameters.get("precision", "") or "ns"
    if precision not in line_protocol.PRECISIONS:
        raise ApiError("invalid", "invalid precision; valid precision units are ns, us, ms, and s")
    name = parameters.get("bucket", "")
    if not name:
        raise ApiError("not found", "bucket not found")
    body = read()
    zipped = encoding in ("gzip", "x-gzip")
    if zipped and body[:3] != GZIP_MAGIC:
        raise internal()
    org = context.find_org(storage, parameters)
    bucket = context.find_bucket(storage, org, name)
    if not context.allowed(token, "write", "buckets", org_id=org.id, id=bucket.id):
        raise ApiError("forbidden", "insufficient permissions for write")
    return begin(storage, bucket, unzip(body) if zipped else body, precision)


def unzip(body: bytes) -> bytes:
    """A gzip body unpacked; ApiError where it is broken, too large, or something else follows."""
    unpacker = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    room, members = MAX_BODY_BYTES + 1, 1
    try:
        for start in range(0, len(body), GZIP_PIECE_BYTES):
            piece = body[start : start + GZIP_PIECE_BYTES]  # what is left of it is copied after each member
            while piece:
                if unpacker.eof:
                    members += 1
                    if members > MOST_GZIP_MEMBERS:
                        raise ApiError("request too large", "unable to read data: gzip: too many members")
                    unpacker = zlib.decompressobj(wbits=31)
                parts.append(unpacker.decompress(piece, room))
                room -= len(parts[-1])
                if room <= 0:
                    raise ApiError("request too large", "unable to read data: points batch is too large")
                piece = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    except zlib.error as fault:
        if "header check" in str(fault):
            raise ApiError("invalid", "unable to read data: gzip: invalid header") from None
        if "check" in str(fault):
            raise ApiError("invalid", "unable to read data: gzip: invalid checksum") from None
        raise ApiError("internal error", "unable to read data: flate: corrupt input") from None
    if not unpacker.eof:
        raise ApiError("internal error", "unable to read data: unexpected EOF")
    return b"".join(parts)


class Begun:
    """A write that is on its way to the disk, or has nothing to store."""

    def __init__(self, count: int, write: Write | None) -> None:
        """So many points."""
        self._count = count
        self._write = write

    def when_ready(self, tell: Callable[[], None]) -> None:
        """Call `tell` once, from whichever thread, when `finish` does not wait any more."""
        if self._write is None:
            tell()
        else:
            self._write.when_settled(tell)

    def finish(self) -> None:
        """Return when it is on disk; ApiError in InfluxDB's words for what is refused."""
        if self._write is None:
            return
        try:
            self._write.wait()
        except PartialWriteError as fault:
            metrics.refused_points.inc(fault.dropped)
            metrics.lines.inc(self._count - fault.dropped)
            raise ApiError("unprocessable entity", f"failure writing points to database: {fault}") from None
        except StorageError as fault:
            raise refusal(fault) from None
        metrics.lines.inc(self._count)


def begin(storage: Storage, bucket: Bucket, body: bytes, precision: str) -> Begun:
    """Read lines and begin to store them; ApiError in InfluxDB's words where they cannot be read or taken."""
    if len(body) > MAX_BODY_BYTES:
        raise ApiError("request too large", "unable to read data: points batch is too large")
    try:
        lines = line_protocol.parse(body, precision)
    except line_protocol.LineProtocolError as fault:
        metrics.refused_writes.inc()
        raise ApiError("invalid", str(fault)) from None
    if not lines.count:
        return Begun(0, None)
    try:
        return Begun(lines.count, storage.begin_write(bucket, lines))
    except StorageError as fault:
        raise refusal(fault) from None


def refusal(fault: StorageError) -> ApiError:
    """Why nothing of a write was stored, as InfluxDB says it."""
    if isinstance(fault, BusyError):
        return ApiError("too many requests", str(fault))
    return ApiError("unavailable", f"unexpected error writing points to database: {fault}")


QUICK_BYTES = 2048  # some lines, which are read in well below a millisecond


def is_quick(environ: dict[str, Any], body: bytes) -> bool:
    """Whether this WSGI request is a small write: a server may run it where it must not wait."""
    return (
        len(body) <= QUICK_BYTES
        and environ["PATH_INFO"] == PATH
        and environ["REQUEST_METHOD"] == "POST"
        and "HTTP_CONTENT_ENCODING" not in environ
    )

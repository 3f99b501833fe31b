"""POST /api/v2/delete: delete points of a bucket by time and tags."""

import re
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from influxlite.server import context, predicate
from influxlite.server.answers import UnreadableError, typed
from influxlite.server.answers import decode as decode_json
from influxlite.server.errors import ApiError

delete = Blueprint("delete", __name__)
MIN_NS, MAX_NS = -(2**63) + 2, 2**63 - 2
_RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)
GO_NAME = "http.deleteRequestDecode"
EXAMPLES = {"start": "2009-01-02T23:00:00Z", "stop": "2009-01-01T23:00:00Z"}


@delete.route("/api/v2/delete", methods=["POST"])
def post_delete() -> Response:
    """Delete what matches; `stop` is inclusive, as in InfluxDB."""
    start, stop, rules = _request(request.get_data(cache=False))
    org = context.named_org()
    by_id, by_name = request.args.get("bucketID", ""), request.args.get("bucket", "")
    if not by_id and not by_name:
        raise ApiError("invalid", "Please provide either bucketID or bucket")
    bucket = context.find_bucket(context.storage(), org, by_id or by_name)
    if not context.allowed(context.token(), "write", "buckets", org_id=org.id, id=bucket.id):
        raise ApiError("forbidden", "insufficient permissions to delete")
    storage = context.storage()
    storage.delete([s for s in storage.series(bucket.id) if predicate.matches(rules, s)], start, stop + 1)
    return Response(status=204)


def _request(body: bytes) -> tuple[int, int, list[predicate.Rule]]:
    """First and last instant (ns) and the rules of a delete request."""
    try:
        given = decode_json(body)
    except UnreadableError as fault:
        raise ApiError("invalid", f"error decoding json body: {fault}") from None
    try:
        given = typed({} if given is None else given, GO_NAME, {"start": str, "stop": str, "predicate": str})
    except UnreadableError as fault:
        told = f"error decoding json body: Invalid delete predicate node request: {fault}"
        raise ApiError("invalid", told) from None
    times = {name: _instant(given, name) for name in EXAMPLES}
    if times["start"] < MIN_NS:
        told = "invalid start time, start time must not be before 1677-09-21T00:12:43.145224194Z"
        raise ApiError("invalid", f"error decoding json body: {told}")
    if times["stop"] > MAX_NS:
        told = "invalid stop time, stop time must not be after 2262-04-11T23:47:16.854775806Z"
        raise ApiError("invalid", f"error decoding json body: {told}")
    return times["start"], times["stop"], predicate.parse(given.get("predicate", ""))


def _instant(given: dict, name: str) -> int:
    """One of the two times, in ns since 1970."""
    found = _RFC3339.fullmatch(given.get(name, ""))
    try:
        if found is None:
            raise ValueError(name)
        year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
        whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        zone = found.group(8)
        shift = 0 if zone == "Z" else (int(zone[1:3]) * 60 + int(zone[4:])) * (60 if zone[0] == "+" else -60)
        seconds = int((whole - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) - shift
        return seconds * 1_000_000_000 + int((found.group(7) or "0")[:9].ljust(9, "0"))
    except ValueError:
        told = (
            f"error decoding json body: invalid RFC3339Nano for field {name}, please format your time with RFC3339Nano"
            f" format, example: {EXAMPLES[name]}"
        )
        raise ApiError("invalid", told) from None

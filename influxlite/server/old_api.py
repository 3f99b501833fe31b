"""The routes of InfluxDB 1: `/write` for devices that only know that one, and a word on `/query`.

A database and its retention policy are the bucket that `dbrps` has for them in the token's organization: without any
mapping made by hand the bucket `db`, or `db/rp`. The token is that of the header, or the password of Basic, or of the
parameters u and p.
"""

import base64
import binascii

from flask import Blueprint, Response, request

from influxlite.server import context, dbrps
from influxlite.server.errors import ApiError
from influxlite.server.write import take
from influxlite.storage import Bucket, Token

old_api = Blueprint("old_api", __name__)
UNITS = {"": "ns", "n": "ns", "ns": "ns", "u": "us", "us": "us", "ms": "ms", "s": "s"}


@old_api.route("/write", methods=["POST"])
def post_write() -> Response:
    """Store line protocol; 204 when it is on disk."""
    token = _token()
    database = request.args.get("db", "")
    if not database:
        raise ApiError("invalid", "missing db")
    bucket = _bucket(token, database, request.args.get("rp", ""))
    precision = request.args.get("precision", "")
    parameters = {"orgID": bucket.org_id, "bucket": bucket.id, "precision": UNITS.get(precision, precision)}
    encoding = request.headers.get("Content-Encoding", "")
    take(context.storage(), token, parameters, encoding, request.get_data).finish()
    return Response(status=204)


@old_api.route("/query", methods=["GET", "POST"])
def query() -> Response:
    """InfluxQL is refused."""
    _token()
    raise ApiError("not implemented", "InfluxQL is not available here; ask in Flux, by POST /api/v2/query")


def _token() -> Token:
    """Whose token a request carries, in one of the ways of InfluxDB 1; ApiError unauthorized without a known one."""
    header = request.headers.get("Authorization", "")
    scheme, _, secret = header.partition(" ")
    if not header and request.args.get("u"):
        secret = request.args.get("p", "")
    elif scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            secret = ""
    elif scheme.lower() == "token" and ":" in secret and context.storage().catalogue.token(secret) is None:
        secret = secret.partition(":")[2]
    return context.authenticate(context.storage(), f"Token {secret}")


def _bucket(token: Token, database: str, policy: str) -> Bucket:
    """The bucket of a database; ApiError not found where there is none."""
    found = dbrps.held().bucket_of(token.org_id, database, policy)
    if found is not None and any(
        context.allowed(token, action, "buckets", org_id=found.org_id, id=found.id) for action in ("read", "write")
    ):
        return found
    raise ApiError("not found", "no dbrp mapping found")

"""/api/v2/dbrps: which bucket a database and retention policy of InfluxDB 1 stand for.

A mapping that was made is stored; beside those every bucket has a virtual one, by its name: `db` is the default one of
database `db`, `db/rp` the one with that retention policy. Who may read or write a bucket may do so with its mappings.
"""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from flask import Blueprint, Response, current_app, request

from influxlite.server import context
from influxlite.server.answers import answer, read_object
from influxlite.server.errors import ApiError
from influxlite.storage import Bucket, Storage, new_id
from influxlite.tasks.store import Documents

dbrps = Blueprint("dbrps", __name__)
SELF = "/api/v2/dbrps"
DEFAULT_POLICY = "autogen"
MOST = 10_000
BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}
UNREADABLE = "invalid json structure: "
NOT_FOUND = "unable to find DBRP"


@dataclass(frozen=True, slots=True)
class Dbrp:
    """A mapping."""

    id: str
    database: str
    retention_policy: str
    default: bool
    virtual: bool
    org_id: str
    bucket_id: str

    def document(self) -> dict[str, object]:
        """As InfluxDB describes it."""
        body = asdict(self)
        return body | {"orgID": body.pop("org_id"), "bucketID": body.pop("bucket_id")}


class Dbrps:
    """The mappings of a storage. Of each database that has stored ones exactly one is the default."""

    def __init__(self, storage: Storage) -> None:
        """Read what is kept."""
        self._storage = storage
        self._documents = Documents(storage, "dbrps")
        self._lock = threading.Lock()

    def all(self, org_id: str) -> list[Dbrp]:
        """The mappings of an organization: the stored ones by id, then the virtual ones by the names of the buckets."""
        found = self._stored(org_id)
        kept = {(one.database, one.retention_policy) for one in found}
        default = {one.database for one in found if one.default}
        for bucket in self._storage.buckets(org_id):
            virtual = _virtual(bucket)
            if (virtual.database, virtual.retention_policy) not in kept:
                found.append(replace(virtual, default=virtual.default and virtual.database not in default))
        return found

    def _stored(self, org_id: str) -> list[Dbrp]:
        there = {bucket.id for bucket in self._storage.buckets(org_id)}
        found = [Dbrp(**body) for body in self._documents.all()]
        return [one for one in found if one.org_id == org_id and one.bucket_id in there]

    def bucket_of(self, org_id: str, database: str, policy: str) -> Bucket | None:
        """The bucket that a database and a retention policy (none: the default one) stand for."""
        for one in self.all(org_id):
            if one.database == database and (one.retention_policy == policy if policy else one.default):
                return self._storage.catalogue.bucket(one.bucket_id)
        return None

    def create(self, org_id: str, bucket_id: str, database: str, policy: str, *, default: bool) -> Dbrp:
        """A new mapping; the first of a database is its default one."""
        with self._lock:
            if len(self._documents.all()) >= MOST:
                raise ApiError("unprocessable entity", f"there are {MOST} mappings already; delete some", tabbed=True)
            others = self._others(org_id, database)
            default = default or not others
            return self._keep(Dbrp(new_id(), database, policy, default, False, org_id, bucket_id), others)

    def update(self, held: Dbrp, policy: str, *, default: bool) -> Dbrp:
        """Another retention policy, or another default one of its database."""
        with self._lock:
            others = [one for one in self._others(held.org_id, held.database) if one.id != held.id]
            if held.default and not default and others:
                others[0] = replace(others[0], default=True)
            return self._keep(replace(held, retention_policy=policy, default=default or not others), others)

    def delete(self, held: Dbrp) -> None:
        """A mapping is gone; if it was the default one of its database, the first of the others is it."""
        with self._lock:
            others = [one for one in self._others(held.org_id, held.database) if one.id != held.id]
            heir = [replace(others[0], default=True)] if held.default and others else []
            self._documents.change({one.id: asdict(one) for one in heir}, (held.id,))

    def forget(self, bucket: Bucket) -> None:
        """A bucket goes: so do its mappings."""
        for one in self._stored(bucket.org_id):
            if one.bucket_id == bucket.id:
                self.delete(one)

    def _others(self, org_id: str, database: str) -> list[Dbrp]:
        return [one for one in self._stored(org_id) if one.database == database]

    def _keep(self, made: Dbrp, others: list[Dbrp]) -> Dbrp:
        """Store a mapping, and the others of its database with what it changes of them."""
        if any(one.retention_policy == made.retention_policy for one in others):
            told = "another DBRP mapping with same orgID, db, and rp exists"
            raise ApiError("conflict", told, tabbed=True)
        kept = [replace(one, default=False) if made.default else one for one in others]
        self._documents.change({one.id: asdict(one) for one in (made, *kept)})
        return made


def _virtual(bucket: Bucket) -> Dbrp:
    """The mapping that a bucket has by its name."""
    database, slash, policy = bucket.name.partition("/")
    return Dbrp(bucket.id, database, policy if slash else DEFAULT_POLICY, not slash, True, bucket.org_id, bucket.id)


def held() -> Dbrps:
    """The mappings of this app's storage."""
    return current_app.extensions["influxlite.dbrps"]


def _id(text: str, what: str) -> str:
    """An id of a request; ApiError that names what it should be the id of."""
    try:
        return context.path_id(text)
    except ApiError as problem:
        raise ApiError("invalid", f'invalid {what} ID "{text}": {problem}', tabbed=True) from None


def _org(given: Mapping[str, str]) -> str:
    """The id of the organization that a request names."""
    if org_id := given.get("orgID", ""):
        return _id(org_id, "org")
    name = given.get("org", "")
    if not name:
        raise ApiError("invalid", "either 'org' or 'orgID' must be provided", tabbed=True)
    found = context.storage().catalogue.org(name=name)
    if found is None:
        raise ApiError("not found", f'invalid org "{name}": organization not found', tabbed=True)
    return found.id


@dbrps.route(SELF, methods=["GET"])
def get_dbrps() -> Response:
    """The mappings of buckets that this token may read, by the parameters id, bucketID, db, rp and default."""
    org_id = _org(request.args)
    wanted: dict[str, object] = {}
    for name, attribute, what in (("id", "id", "DBRP"), ("bucketID", "bucket_id", "bucket")):
        if text := request.args.get(name, ""):
            wanted[attribute] = _id(text, what)
    for name, attribute in (("db", "database"), ("rp", "retention_policy")):
        if text := request.args.get(name, ""):
            wanted[attribute] = text
    if text := request.args.get("default", ""):
        if text not in BOOLEANS:
            raise ApiError("invalid", "invalid default parameter", tabbed=True)
        wanted["default"] = BOOLEANS[text]
    token = context.token()
    found = [
        one
        for one in held().all(org_id)
        if all(getattr(one, name) == value for name, value in wanted.items())
        and context.allowed(token, "read", "buckets", org_id=org_id, id=one.bucket_id)
    ]
    return answer({"content": [one.document() for one in found]})


@dbrps.route(SELF, methods=["POST"])
def post_dbrp() -> Response:
    """Make a mapping."""
    fields = dict.fromkeys(("orgID", "org", "bucketID", "database", "retention_policy"), str) | {"default": bool}
    given = read_object(request.get_data(cache=False), "dbrp.createDBRPRequest", fields, lead=UNREADABLE)
    org_id = _org(given)
    bucket_id = _id(given.get("bucketID", ""), "bucket")
    context.demand("write", "buckets", org_id=org_id, id=bucket_id)
    database, policy = given.get("database", ""), given.get("retention_policy", "")
    _check_name("database", database)
    _check_name("retentionPolicy", policy)
    if context.storage().find_bucket(org_id, id=bucket_id) is None:
        raise ApiError("not found", "bucket not found", tabbed=True)
    made = held().create(org_id, bucket_id, database, policy, default=given.get("default", False))
    return answer(made.document(), 201)


def _check_name(what: str, name: str) -> None:
    """ApiError where a database or retention policy cannot be named so."""
    if name in ("", ".", "..") or not name.isprintable() or "/" in name or "\\" in name or len(name) > 256:
        told = "must contain at least one character and only be letters, numbers, '_', '-', and '.'"
        raise ApiError("invalid", f"DBRP provided is invalid: {what} {told}", tabbed=True)


def _one(dbrp_id: str, action: str) -> Dbrp:
    """The mapping of a path, if this token may do that with its bucket."""
    context.path_id(dbrp_id)
    org_id = _org(request.args)
    found = next((one for one in held().all(org_id) if one.id == dbrp_id), None)
    if found is None:
        raise ApiError("not found", NOT_FOUND, tabbed=True)
    context.demand(action, "buckets", org_id=org_id, id=found.bucket_id)
    return found


@dbrps.route(f"{SELF}/<dbrp_id>", methods=["GET"])
def get_dbrp(dbrp_id: str) -> Response:
    """One mapping."""
    return answer({"content": _one(dbrp_id, "read").document()})


@dbrps.route(f"{SELF}/<dbrp_id>", methods=["PATCH"])
def patch_dbrp(dbrp_id: str) -> Response:
    """Change the retention policy, or whether it is the default one; a virtual mapping follows its bucket's name."""
    one = _one(dbrp_id, "write")
    fields = {"default": bool, "retention_policy": str}
    given = read_object(request.get_data(cache=False), "", fields, lead=UNREADABLE)
    if one.virtual:
        raise ApiError("not found", NOT_FOUND, tabbed=True)
    policy = given.get("retention_policy", one.retention_policy)
    _check_name("retentionPolicy", policy)
    return answer({"content": held().update(one, policy, default=given.get("default", one.default)).document()})


@dbrps.route(f"{SELF}/<dbrp_id>", methods=["DELETE"])
def delete_dbrp(dbrp_id: str) -> Response:
    """Delete a mapping; a virtual one is there as long as its bucket."""
    one = _one(dbrp_id, "write")
    if not one.virtual:
        held().delete(one)
    return Response(status=204)

"""/api/v2/buckets: list, make, look at, change and delete buckets."""

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from influxlite.server import context, dbrps
from influxlite.server.answers import answer, read_object
from influxlite.server.errors import ApiError
from influxlite.storage import Bucket, NameTakenError, changed, make_bucket
from influxlite.storage.shards import shard_s
from influxlite.storage.texts import rfc3339

buckets = Blueprint("buckets", __name__)
SELF = "/api/v2/buckets"
HOUR = LEAST_SHARD_S = 3_600
MOST = 100
LIMIT = 20


def describe(bucket: Bucket) -> dict[str, object]:
    """A bucket as InfluxDB describes it."""
    link = f"{SELF}/{bucket.id}"
    rule = {
        "type": "expire",
        "everySeconds": bucket.retention_s,
        "shardGroupDurationSeconds": bucket.shard_s or shard_s(bucket.retention_s),
    }
    body: dict[str, object] = {"id": bucket.id, "orgID": bucket.org_id, "type": bucket.type}
    if bucket.description:
        body["description"] = bucket.description
    return body | {
        "name": bucket.name,
        "retentionRules": [rule],
        "createdAt": rfc3339(bucket.created_at_ns),
        "updatedAt": rfc3339(bucket.updated_at_ns),
        "links": {
            "labels": f"{link}/labels",
            "members": f"{link}/members",
            "org": f"/api/v2/orgs/{bucket.org_id}",
            "owners": f"{link}/owners",
            "self": link,
            "write": f"/api/v2/write?org={bucket.org_id}&bucket={bucket.id}",
        },
        "labels": [],
    }


@buckets.route(SELF, methods=["GET"])
def get_buckets() -> Response:
    """The buckets that this token may read, by the parameters name, id, org, orgID, after, limit and offset."""
    limit, offset = context.whole_number("limit", LIMIT), context.whole_number("offset", 0)
    if not 1 <= limit <= MOST:
        raise ApiError("invalid", f"limit must be between 1 and {MOST}", tabbed=True)
    asked = {name: request.args.get(name, "") for name in ("after", "id", "name", "org", "orgID")}
    by_org = asked["org"] or asked["orgID"]
    catalogue = context.storage().catalogue
    orgs = [context.named_org(tabbed=True)] if by_org else catalogue.orgs()
    found = [bucket for org in orgs for bucket in catalogue.buckets(org.id)]
    if not by_org:
        found.sort(key=lambda bucket: bucket.id)
    if asked["id"]:
        found = [bucket for bucket in found if bucket.id == context.path_id(asked["id"])]
        if not found:
            raise ApiError("not found", "bucket not found", tabbed=True)
    if asked["name"]:
        found = [bucket for bucket in found if bucket.name == asked["name"]]
        if not found and by_org:
            raise ApiError("not found", f'bucket "{asked["name"]}" not found', tabbed=True)
    found = [bucket for bucket in found if context.may_read(bucket)]  # one that is hidden is there, and no 404
    if asked["after"]:
        context.page_id(asked["after"])
        found = sorted((b for b in found if b.id > asked["after"]), key=lambda bucket: bucket.id)
    descending = request.args.get("descending", "") == "true"
    if descending:
        found.reverse()
    page = found[max(offset, 0) :][:limit]
    links = {"self": _link(asked, descending, limit, offset)}
    if offset > 0:
        links = {"prev": _link(asked, descending, limit, max(offset - limit, 0)), **links}
    if len(page) == limit:
        links["next"] = _link(asked, descending, limit, offset + limit)
    return answer({"links": links, "buckets": [describe(bucket) for bucket in page]})


def _link(asked: dict[str, str], descending: bool, limit: int, offset: int) -> str:
    """The address of a page of the list."""
    parameters: dict[str, str | int] = {
        "bucket" if name == "name" else name: text for name, text in asked.items() if text
    }
    parameters |= {"descending": "true" if descending else "false", "limit": limit, "offset": offset}
    return f"{SELF}?{urlencode(sorted(parameters.items()))}"


@buckets.route(SELF, methods=["POST"])
def post_bucket() -> Response:
    """Make a bucket."""
    fields = {"name": str, "orgID": str, "description": str, "retentionRules": list}
    given = read_object(request.get_data(cache=False), "tenant.postBucketRequest", fields)
    org_id = given.get("orgID", "")
    if not context.is_id(org_id):
        raise ApiError("invalid", "organization id must be provided", tabbed=True)
    retention = _retention(given.get("retentionRules", []))
    name = _checked_name(given.get("name", ""))
    context.demand("write", "buckets", org_id=org_id)
    if context.storage().catalogue.org(id=org_id) is None:
        raise ApiError("not found", "organization not found", tabbed=True)
    bucket = make_bucket(org_id, name, retention_s=retention.get("everySeconds", 0))
    asked_s = retention.get("shardGroupDurationSeconds", 0)
    group_s = max(asked_s, LEAST_SHARD_S) if asked_s else shard_s(bucket.retention_s)
    if 0 < bucket.retention_s < group_s:
        told = "retention policy duration must be greater than the shard duration"
        raise ApiError("internal error", told, tabbed=True)
    bucket = changed(bucket, description=given.get("description", ""), shard_s=group_s)
    try:
        context.storage().save(bucket)
    except NameTakenError:
        raise ApiError("conflict", f"bucket with name {name} already exists", tabbed=True) from None
    return answer(describe(bucket), 201)


def _checked_name(name: str) -> str:
    """A name that a bucket may have; ApiError invalid otherwise."""
    if name.startswith("_"):
        raise ApiError("invalid", f"bucket name {name} is invalid. Buckets may not start with underscore", tabbed=True)
    if '"' in name:
        told = f"bucket name {name} is invalid. Bucket names may not include quotation marks"
        raise ApiError("invalid", told, tabbed=True)
    return name


def _retention(rules: list) -> dict[str, int]:
    """The one retention rule that a bucket may have, checked."""
    if len(rules) > 1:
        told = "buckets cannot have more than one retention rule at this time"
        raise ApiError("unprocessable entity", told, tabbed=True)
    found: dict[str, int] = {}
    for rule in rules:
        for name in ("everySeconds", "shardGroupDurationSeconds"):
            value = rule.get(name) if isinstance(rule, dict) else 0
            if value is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool):
                raise ApiError("invalid", f"failed to unmarshal json: {name} must be a whole number", tabbed=True)
            if value < 0:
                word = "expiration" if name == "everySeconds" else "shard-group duration"
                raise ApiError("unprocessable entity", f"{word} seconds cannot be negative", tabbed=True)
            found[name] = value
    if 0 < found.get("everySeconds", 0) < HOUR:
        raise ApiError("internal error", "retention policy duration must be at least 1h0m0s", tabbed=True)
    return found


def _one(bucket_id: str, action: str) -> Bucket:
    """The bucket of a path, if this token may do that with it."""
    found = context.storage().catalogue.bucket(context.path_id(bucket_id))
    if found is None:
        raise ApiError("not found", "bucket not found", tabbed=True)
    context.demand(action, "buckets", org_id=found.org_id, id=found.id)
    return found


@buckets.route(f"{SELF}/<bucket_id>", methods=["GET"])
def get_bucket(bucket_id: str) -> Response:
    """One bucket."""
    return answer(describe(_one(bucket_id, "read")))


@buckets.route(f"{SELF}/<bucket_id>", methods=["PATCH", "PUT"])
def patch_bucket(bucket_id: str) -> Response:
    """Change name, description or retention."""
    bucket = _one(bucket_id, "write")
    fields = {"name": str, "description": str, "retentionRules": list}
    given = read_object(request.get_data(cache=False), "bucketUpdate", fields)
    retention = _retention(given.get("retentionRules", []))
    changes: dict[str, object] = {}
    if "name" in given and given["name"] != bucket.name:
        if bucket.type == "system":
            raise ApiError("invalid", "system buckets cannot be renamed", tabbed=True)
        changes["name"] = _checked_name(given["name"])
    if "description" in given:
        changes["description"] = given["description"]
    retention_s = retention.get("everySeconds", bucket.retention_s)
    group_s = retention.get("shardGroupDurationSeconds", bucket.shard_s) or shard_s(retention_s)
    if 0 < retention_s < group_s:
        told = "shard-group duration must also be updated to be smaller than new retention duration"
        raise ApiError("unprocessable entity", told, tabbed=True)
    if retention:
        changes |= {"retention_s": retention_s, "shard_s": group_s}
    try:
        return answer(describe(context.storage().save(changed(bucket, **changes))))
    except NameTakenError:
        raise ApiError("conflict", "bucket name is not unique", tabbed=True) from None


@buckets.route(f"{SELF}/<bucket_id>", methods=["DELETE"])
def delete_bucket(bucket_id: str) -> Response:
    """Delete a bucket with its points."""
    bucket = _one(bucket_id, "write")
    if bucket.type == "system":
        raise ApiError("invalid", "system buckets cannot be deleted", tabbed=True)
    dbrps.held().forget(bucket)
    context.storage().drop(bucket)
    return Response(status=204)


@buckets.route(f"{SELF}/<bucket_id>/<any(labels, members, owners):name>", methods=["GET"])
def get_parts(bucket_id: str, name: str) -> Response:
    """Labels, members and owners: influxlite has none."""
    _one(bucket_id, "read")
    if name == "labels":
        return answer({"links": {"self": "/api/v2/labels"}, "labels": []})
    return answer({"links": {"self": f"{SELF}/{bucket_id}/{name}"}, "users": []})

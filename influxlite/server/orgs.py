"""/api/v2/orgs: list, make, look at, change and delete organizations."""

from flask import Blueprint, Response, request

from influxlite.server import context, dbrps
from influxlite.server.answers import answer, read_object
from influxlite.server.errors import ApiError
from influxlite.storage import NameTakenError, Org, changed, make_org
from influxlite.storage.setup import add_org
from influxlite.storage.texts import rfc3339

orgs = Blueprint("orgs", __name__)
SELF = "/api/v2/orgs"
LIMIT, MOST = 20, 100


def describe(org: Org) -> dict[str, object]:
    """An organization as InfluxDB describes it."""
    link = f"{SELF}/{org.id}"
    return {
        "links": {
            "buckets": f"/api/v2/buckets?org={org.name}",
            "dashboards": f"/api/v2/dashboards?org={org.name}",
            **{name: f"{link}/{name}" for name in ("labels", "logs", "members", "owners", "secrets")},
            "self": link,
            "tasks": f"/api/v2/tasks?org={org.name}",
        },
        "id": org.id,
        "name": org.name,
        "description": org.description,
        "createdAt": rfc3339(org.created_at_ns),
        "updatedAt": rfc3339(org.updated_at_ns),
    }


@orgs.route(SELF, methods=["GET"])
def get_orgs() -> Response:
    """The organizations that this token may read, by the parameters org, orgID, limit and offset."""
    limit, offset = context.whole_number("limit", LIMIT), context.whole_number("offset", 0)
    if not 1 <= limit <= MOST:
        raise ApiError("invalid", f"limit must be between 1 and {MOST}", tabbed=True)
    asked = request.args.get("org", "") or request.args.get("orgID", "")
    found = [context.named_org(tabbed=True)] if asked else context.storage().catalogue.orgs()
    held = context.token()
    seen = [org for org in found if context.allowed(held, "read", "orgs", org_id=org.id, id=org.id)]
    page = seen[max(offset, 0) :][:limit]
    return answer({"links": {"self": SELF}, "orgs": [describe(org) for org in page]})


@orgs.route(SELF, methods=["POST"])
def post_org() -> Response:
    """Make an organization."""
    given = read_object(request.get_data(cache=False), "Organization", {"name": str, "description": str})
    context.demand("write", "orgs")
    name = given.get("name", "").strip()
    if not name:
        raise ApiError("invalid", "org name is empty", tabbed=True)
    org = make_org(name, given.get("description", ""))
    try:
        add_org(context.storage(), org)
    except NameTakenError:
        raise ApiError("conflict", f"organization with name {name} already exists", tabbed=True) from None
    return answer(describe(org), 201)


def _one(org_id: str, action: str) -> Org:
    """The organization of a path, if this token may do that with it."""
    found = context.storage().catalogue.org(id=context.path_id(org_id))
    if found is None:
        lead = f"error deleting organization id: {org_id}: " if request.method == "DELETE" else ""
        raise ApiError("not found", f"{lead}organization not found", tabbed=True)
    context.demand(action, "orgs", org_id=found.id, id=found.id)
    return found


@orgs.route(f"{SELF}/<org_id>", methods=["GET"])
def get_org(org_id: str) -> Response:
    """One organization."""
    return answer(describe(_one(org_id, "read")))


@orgs.route(f"{SELF}/<org_id>", methods=["PATCH"])
def patch_org(org_id: str) -> Response:
    """Change name or description."""
    org = _one(org_id, "write")
    given = read_object(request.get_data(cache=False), "OrganizationUpdate", {"name": str, "description": str})
    try:
        return answer(describe(context.storage().save(changed(org, **given))))
    except NameTakenError:
        raise ApiError("conflict", "organization name is not unique", tabbed=True) from None


@orgs.route(f"{SELF}/<org_id>", methods=["DELETE"])
def delete_org(org_id: str) -> Response:
    """Delete an organization with its tasks and buckets."""
    org = _one(org_id, "write")
    for task in context.tasks().tasks():
        if task.org_id == org.id:
            context.tasks().delete(task.id)
    for bucket in context.storage().buckets(org.id):
        dbrps.held().forget(bucket)
    context.storage().drop(org)
    return Response(status=204)


@orgs.route(f"{SELF}/<org_id>/<any(labels, members, owners, secrets):name>", methods=["GET"])
def get_parts(org_id: str, name: str) -> Response:
    """Labels, members, owners and secrets: influxlite has none."""
    _one(org_id, "read")
    key = name if name in ("labels", "secrets") else "users"
    return answer({"links": {"self": f"{SELF}/{org_id}/{name}"}, key: []})

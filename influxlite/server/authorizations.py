"""/api/v2/authorizations: tokens. The token itself is shown once, in the answer that makes it."""

import secrets
import time

from flask import Blueprint, Response, request

from influxlite.server import context
from influxlite.server.answers import answer, read_object
from influxlite.server.errors import ApiError
from influxlite.server.users import OPERATOR, OPERATOR_ID, demand_operator
from influxlite.storage import Token, changed, hash_token, new_id
from influxlite.storage.setup import FROM_COMMAND_LINE
from influxlite.storage.texts import rfc3339

authorizations = Blueprint("authorizations", __name__)
SELF = "/api/v2/authorizations"
STATES = ("active", "inactive")
RESOURCES = (
    "authorizations", "buckets", "dashboards", "orgs", "sources", "tasks", "telegrafs", "users", "variables",
    "scrapers", "secrets", "labels", "views", "documents", "notificationRules", "notificationEndpoints",
    "checks", "dbrp", "notebooks", "annotations", "remotes", "replications", "instance",
)  # fmt: skip
EVERYTHING = [{"action": action, "resource": {"type": kind}} for kind in RESOURCES[:-1] for action in ("read", "write")]


def describe(held: Token, secret: str = "") -> dict[str, object]:
    """An authorization as InfluxDB describes it; `secret` only when it was just made."""
    catalogue = context.storage().catalogue
    org = catalogue.org(id=held.org_id)
    permissions: list[dict[str, object]] = []
    for permission in EVERYTHING if held.operator else held.permissions:
        resource = dict(permission["resource"])
        if resource.get("id") and resource["type"] == "buckets":
            bucket = catalogue.bucket(resource["id"])
            resource["name"] = bucket.name if bucket else ""
        scope = catalogue.org(id=resource["orgID"]) if resource.get("orgID") else None
        if scope is not None:
            resource["org"] = scope.name
        permissions.append({"action": permission["action"], "resource": resource})
    return {
        "id": held.id,
        "token": secret,
        "status": held.status,
        "description": held.description,
        "orgID": held.org_id,
        "org": org.name if org else "",
        "userID": held.user_id,
        "user": OPERATOR,
        "permissions": permissions,
        "links": {"self": f"{SELF}/{held.id}", "user": f"/api/v2/users/{held.user_id}"},
        "createdAt": rfc3339(held.created_at_ns),
        "updatedAt": rfc3339(held.updated_at_ns),
    }


@authorizations.route(SELF, methods=["GET"])
def get_authorizations() -> Response:
    """The authorizations that this token may see, by the parameters org, orgID, user and userID."""
    demand_operator("", "user")
    user_id = request.args.get("userID", "")
    ours = not user_id or context.path_id(user_id) == OPERATOR_ID
    named = request.args.get("org", "") or request.args.get("orgID", "")
    org_id = context.named_org(tabbed=True).id if named else None
    tokens = context.storage().catalogue.tokens() if ours else []
    found = [one for one in tokens if org_id in (None, one.org_id) and _seen(one)]
    return answer({"links": {"self": SELF}, "authorizations": [describe(one) for one in found]})


def _seen(one: Token) -> bool:
    """Whether this request's token may see an authorization."""
    return context.allowed(context.token(), "read", "authorizations", org_id=one.org_id, id=one.id)


@authorizations.route(SELF, methods=["POST"])
def post_authorization() -> Response:
    """Make a token with these permissions."""
    fields = {"orgID": str, "description": str, "status": str, "permissions": list, "userID": str}
    given = read_object(request.get_data(cache=False), "postAuthorizationRequest", fields)
    permissions = [_permission(permission) for permission in given.get("permissions", [])]
    if not permissions:
        raise ApiError("invalid", "authorization must include permissions", tabbed=True)
    org_id = given.get("orgID", "")
    if not context.is_id(org_id):
        raise ApiError("invalid", "org id required: invalid ID", tabbed=True)
    _check_description("", given.get("description", ""))
    status = given.get("status", "") or "active"
    if status not in STATES:
        raise ApiError("invalid", "invalid status: must be active or inactive", tabbed=True)
    if given.get("userID") and context.path_id(given["userID"]) != OPERATOR_ID:
        raise ApiError("invalid", "unable to create token", tabbed=True)
    context.demand("write", "authorizations", org_id=org_id)
    if context.storage().catalogue.org(id=org_id) is None:
        raise ApiError("not found", "organization not found", tabbed=True)
    secret = secrets.token_urlsafe(32)
    now = time.time_ns()
    held = Token(
        new_id(), org_id, OPERATOR_ID, hash_token(secret), given.get("description", ""), status, now, now, permissions
    )
    context.storage().save(held)
    return answer(describe(held, secret), 201)


def _check_description(before: str, after: str) -> None:
    """ApiError where a description would be taken from, or given to, a token by which the next start knows it."""
    if before != after and (before in FROM_COMMAND_LINE or after in FROM_COMMAND_LINE):
        told = "the description of a token from the command line stays with it: a start knows it by that"
        raise ApiError("invalid", told, tabbed=True)


def _permission(given: object) -> dict[str, object]:
    """A permission of a request, checked: no token may grant what the maker's own may not do."""
    action = given.get("action") if isinstance(given, dict) else None
    if action not in ("read", "write"):
        raise ApiError("invalid", "invalid action type for permission: unknown action for permission", tabbed=True)
    asked = given.get("resource") if isinstance(given, dict) else None
    resource = asked if isinstance(asked, dict) else {}
    kind = resource.get("type")
    if kind not in RESOURCES:
        told = "invalid resource type for permission: unknown resource type for permission"
        raise ApiError("invalid", told, tabbed=True)
    kept: dict[str, object] = {"type": kind}
    for name in ("id", "orgID"):
        value = resource.get(name)
        if value:
            kept[name] = context.path_id(value if isinstance(value, str) else "")
    scope = {"org_id": str(kept.get("orgID", "")) or None, "id": str(kept.get("id", "")) or None}
    if not context.allowed(context.token(), str(action), str(kind), **scope):
        raise ApiError("forbidden", "permission is not allowed", tabbed=True)
    return {"action": action, "resource": kept}


def _one(token_id: str, action: str) -> Token:
    """The authorization of a path, if this token may do that with it."""
    context.path_id(token_id)
    found = next((one for one in context.storage().catalogue.tokens() if one.id == token_id), None)
    if found is None:
        raise ApiError("not found", "authorization not found", tabbed=True)
    context.demand(action, "authorizations", org_id=found.org_id, id=found.id)
    return found


@authorizations.route(f"{SELF}/<token_id>", methods=["GET"])
def get_authorization(token_id: str) -> Response:
    """One authorization."""
    return answer(describe(_one(token_id, "read")))


@authorizations.route(f"{SELF}/<token_id>", methods=["PATCH"])
def patch_authorization(token_id: str) -> Response:
    """Change description or status."""
    held = _one(token_id, "write")
    given = read_object(request.get_data(cache=False), "authorizationUpdate", {"status": str, "description": str})
    if given.get("status", "active") not in STATES:
        raise ApiError("invalid", "unknown option for status", tabbed=True)
    _check_description(held.description, given.get("description", held.description))
    return answer(describe(context.storage().save(changed(held, **given))))


@authorizations.route(f"{SELF}/<token_id>", methods=["DELETE"])
def delete_authorization(token_id: str) -> Response:
    """A token stops working at once."""
    context.storage().drop(_one(token_id, "write"))
    return Response(status=204)

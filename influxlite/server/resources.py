"""GET /api/v2, the map of resources, and the lists that are always empty here."""

from flask import Blueprint, Response, request

from influxlite.server import context
from influxlite.server.answers import answer
from influxlite.server.errors import ApiError

resources = Blueprint("resources", __name__)
SELF = "/api/v2"
NAMES = (
    "authorizations", "backup", "buckets", "checks", "dashboards", "delete", "external", "flags", "labels", "me",
    "notificationEndpoints", "notificationRules", "orgs", "plugins", "query", "restore", "scrapers", "setup", "signin",
    "signout", "sources", "swagger", "system", "tasks", "telegrafs", "users", "variables", "write",
)  # fmt: skip
SPECIAL: dict[str, object] = {
    "external": {"statusFeed": "https://www.influxdata.com/feed/json"},
    "plugins": f"{SELF}/telegraf/plugins",
    "query": {
        "analyze": f"{SELF}/query/analyze",
        "ast": f"{SELF}/query/ast",
        "self": f"{SELF}/query",
        "suggestions": f"{SELF}/query/suggestions",
    },
    "swagger": f"{SELF}/swagger.json",
    "system": {"debug": "/debug/pprof", "health": "/health", "metrics": "/metrics"},
}
TYPES = (
    "authorizations", "buckets", "dashboards", "orgs", "sources", "tasks", "telegrafs", "users", "variables",
    "scrapers", "secrets", "labels", "views", "documents", "notificationRules", "notificationEndpoints", "checks",
    "dbrp", "notebooks", "annotations", "remotes", "replications", "instance",
)  # fmt: skip
EMPTY = ("dashboards", "variables", "telegrafs", "scrapers", "checks", "notificationRules", "notificationEndpoints")


@resources.route("/api/v2", methods=["GET"])
def get_map() -> Response:
    """Where each resource is."""
    return answer({name: SPECIAL.get(name, f"{SELF}/{name}") for name in NAMES}, tabbed=False, end="\n")


@resources.route(f"/api/v2/<any({', '.join(EMPTY)}):name>", methods=["GET"])
def get_empty(name: str) -> Response:
    """A list of something that influxlite keeps none of."""
    key = "configurations" if name in ("telegrafs", "scrapers") else name
    return answer({"links": {"self": f"{SELF}/{name}"}, key: []})


@resources.route("/api/v2/resources", methods=["GET"])
def get_types() -> Response:
    """The kinds of things that a permission may name: `influx auth create --all-access` asks for them."""
    return answer(TYPES, tabbed=False)


@resources.route("/api/v2/<any(remotes, replications, stacks):name>", methods=["GET"])
def get_none_of_org(name: str) -> Response:
    """What an organization could have of something that influxlite keeps none of."""
    asked = request.args.get("orgID", "")
    if not context.is_id(asked):
        told = "invalid or missing org ID"
        if name == "stacks":
            told = f'organization id["{asked}"] is invalid: id must have a length of 16 bytes'
        raise ApiError("invalid", told, tabbed=True)
    return answer({name: [] if name == "stacks" else None})


@resources.route("/api/v2/flags", methods=["GET"])
def get_flags() -> Response:
    """No feature flags."""
    return answer({}, tabbed=False, end="\n")

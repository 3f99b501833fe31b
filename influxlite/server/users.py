"""/api/v2/me, /api/v2/users and /api/v2/setup: one user, the operator, who is there from the start."""

from flask import Blueprint, Response, request

from influxlite.server import context
from influxlite.server.answers import answer
from influxlite.server.errors import ApiError

users = Blueprint("users", __name__)
OPERATOR_ID = "0000000000000001"
OPERATOR = "admin"


def named(user_id: str) -> dict[str, object]:
    """Who a user is."""
    return {"id": user_id, "name": OPERATOR, "status": "active"}


def describe(user_id: str) -> dict[str, object]:
    """The operator as InfluxDB describes a user."""
    return {"links": {"self": f"/api/v2/users/{user_id}"}, **named(user_id)}


@users.route("/api/v2/me", methods=["GET"])
def get_me() -> Response:
    """Who this token belongs to."""
    context.demand("read", "users", id=OPERATOR_ID)
    return answer(describe(OPERATOR_ID))


@users.route("/api/v2/users", methods=["GET"])
def get_users() -> Response:
    """The operator, where this token may see users, by the parameters id, name, after and offset."""
    demand_operator("id", "name")
    after = request.args.get("after", "")
    seen = (
        context.allowed(context.token(), "read", "users")
        and context.whole_number("offset", 0) <= 0
        and (not after or context.page_id(after) < OPERATOR_ID)
    )
    return answer({"links": {"self": "/api/v2/users"}, "users": [describe(OPERATOR_ID)] if seen else []})


def demand_operator(by_id: str, by_name: str) -> None:
    """ApiError where parameters of these names ask for a user who is not there."""
    user_id, name = request.args.get(by_id, ""), request.args.get(by_name, "")
    if (user_id and context.path_id(user_id) != OPERATOR_ID) or (name and name != OPERATOR):
        raise ApiError("not found", "user not found", tabbed=True)


@users.route("/api/v2/users/<user_id>", methods=["GET"])
def get_user(user_id: str) -> Response:
    """One user."""
    context.demand("read", "users", id=context.path_id(user_id))
    if user_id != OPERATOR_ID:
        raise ApiError("not found", "user not found", tabbed=True)
    return answer(describe(OPERATOR_ID))


@users.route("/api/v2/setup", methods=["GET"])
def get_setup() -> Response:
    """It is set up from the first start."""
    return answer({"allowed": False})


@users.route("/api/v2/setup", methods=["POST"])
def post_setup() -> Response:
    """It is set up from the first start."""
    raise ApiError("conflict", "onboarding has already been completed", tabbed=True)


@users.route("/api/v2/signin", methods=["POST"])
@users.route("/api/v2/signout", methods=["POST"])
def post_signin() -> Response:
    """There are no passwords and no sessions: use a token."""
    raise ApiError("unauthorized", "unauthorized access", tabbed=True)

"""/api/v2/labels: make, list, look at, change and delete labels."""

from flask import Blueprint, Response, current_app, request

from influxlite.server import context
from influxlite.server.answers import answer, read_object
from influxlite.server.errors import ApiError
from influxlite.tasks import TaskError
from influxlite.tasks.labels import Label, Labels

labels = Blueprint("labels", __name__)
SELF = "/api/v2/labels"


def held() -> Labels:
    """The labels of this app's storage."""
    return current_app.extensions["influxlite.labels"]


def describe(label: Label) -> dict[str, object]:
    """A label as InfluxDB describes it."""
    body: dict[str, object] = {"id": label.id, "orgID": label.org_id, "name": label.name}
    return {**body, "properties": label.properties} if label.properties else body


def linked(label: Label) -> dict[str, object]:
    """A label with where it is."""
    return {"links": {"self": f"{SELF}/{label.id}"}, "label": describe(label)}


@labels.route(SELF, methods=["GET"])
def get_labels() -> Response:
    """The labels that this token may see, by the parameter orgID."""
    org_id = request.args.get("orgID", "")
    if org_id:
        context.path_id(org_id)
    token = context.token()
    seen = [
        label
        for label in held().all(org_id)
        if context.allowed(token, "read", "labels", org_id=label.org_id, id=label.id)
    ]
    return answer({"links": {"self": SELF}, "labels": [describe(label) for label in seen]})


@labels.route(SELF, methods=["POST"])
def post_label() -> Response:
    """Make a label."""
    fields = {"orgID": str, "name": str, "properties": dict}
    given = read_object(request.get_data(cache=False), "Label", fields)
    name, org_id = given.get("name", "").strip(), given.get("orgID", "")
    if not name:
        raise ApiError("invalid", "label name is required", tabbed=True)
    if not context.is_id(org_id):
        raise ApiError("invalid", "orgID is required", tabbed=True)
    context.demand("write", "labels", org_id=org_id)
    if context.storage().catalogue.org(id=org_id) is None:
        raise ApiError("not found", "organization not found", tabbed=True)
    try:
        return answer(linked(held().create(org_id, name, _properties(given))), 201)
    except TaskError as fault:
        raise ApiError(fault.code, fault.message, tabbed=True) from None


def _properties(given: dict) -> dict[str, str]:
    """The properties of a request, which must be texts."""
    found = given.get("properties", {})
    if not all(isinstance(value, str) for value in found.values()):
        told = "failed to unmarshal json: json: cannot unmarshal a value of properties into Go value of type string"
        raise ApiError("invalid", told, tabbed=True)
    return found


def _one(label_id: str, action: str) -> Label:
    """The label of a path, if this token may do that with it."""
    try:
        found = held().get(context.path_id(label_id))
    except TaskError as fault:
        raise ApiError(fault.code, fault.message, tabbed=True) from None
    context.demand(action, "labels", org_id=found.org_id, id=found.id)
    return found


@labels.route(f"{SELF}/<label_id>", methods=["GET"])
def get_label(label_id: str) -> Response:
    """One label."""
    return answer(linked(_one(label_id, "read")))


@labels.route(f"{SELF}/<label_id>", methods=["PATCH"])
def patch_label(label_id: str) -> Response:
    """Change name and properties; an empty property goes."""
    label = _one(label_id, "write")
    given = read_object(request.get_data(cache=False), "LabelUpdate", {"name": str, "properties": dict})
    try:
        return answer(linked(held().update(label.id, given.get("name", "").strip(), _properties(given))))
    except TaskError as fault:
        raise ApiError(fault.code, fault.message, tabbed=True) from None


@labels.route(f"{SELF}/<label_id>", methods=["DELETE"])
def delete_label(label_id: str) -> Response:
    """Delete a label; tasks that carry it lose it."""
    held().delete(_one(label_id, "write").id)
    return Response(status=204)

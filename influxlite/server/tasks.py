"""/api/v2/tasks: make, list, look at, change and delete tasks; who may do that with them; and their labels."""

from dataclasses import replace
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from influxlite.server import context, users
from influxlite.server import labels as label_routes
from influxlite.server.answers import answer, read_object
from influxlite.server.errors import ApiError
from influxlite.storage.texts import rfc3339
from influxlite.tasks import (
    NeverDueError,
    OptionsError,
    ScriptError,
    Task,
    TaskError,
    spans,
)
from influxlite.tasks.model import ACTIVE, INACTIVE, SECOND_NS
from influxlite.tasks.rewriting import Changes

tasks = Blueprint("tasks", __name__)
SELF = "/api/v2/tasks"
MOST, LIMIT = 500, 100
PARTS = ("self", "members", "owners", "labels", "runs", "logs")
FIND = "failed to find task: "
DURATIONS = ("every", "offset")
UPDATE = {
    "flux": str, "status": str, "name": str, "description": str, "cron": str, "every": str, "offset": str,
    "concurrency": int, "retry": int,
}  # fmt: skip


def reply(body: object, status: int = 200) -> Response:
    """An answer as InfluxDB's task routes write it: in one line, with an end."""
    return answer(body, status, tabbed=False, end="\n")


def nothing(status: int = 204) -> Response:
    """An answer without a body."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def fault(told: str, problem: TaskError) -> ApiError:
    """The refusal of a task or run, introduced by what could not be done."""
    lead = "invalid options: " if isinstance(problem, OptionsError) else ""
    return ApiError(problem.code, f"{told}{lead}{problem.message}")


def undecoded(problem: Exception) -> ApiError:
    """The refusal of a request that cannot be read."""
    return ApiError("invalid", f"failed to decode request: {problem}")


def describe(task: Task, *, basic: bool = False) -> dict[str, object]:
    """A task as InfluxDB describes it; `basic` leaves out its script."""
    link = f"{SELF}/{task.id}"
    org = context.storage().catalogue.org(id=task.org_id)
    body: dict[str, object] = {
        "links": {name: link if name == "self" else f"{link}/{name}" for name in sorted(PARTS)},
        "labels": [label_routes.describe(label) for label in label_routes.held().of_task(task.id)],
        "id": task.id,
        "orgID": task.org_id,
        "org": org.name if org is not None and not basic else "",
        "ownerID": task.owner_id,
        "name": task.name,
        "description": task.description,
        "status": task.status,
        "flux": "" if basic else task.flux,
        "every": task.every,
        "cron": task.cron,
        "offset": spans.shown(task.offset_s),
        "latestCompleted": second(task.latest_completed_s * SECOND_NS),
        "lastRunStatus": task.last_run_status,
        "lastRunError": task.last_run_error,
        "createdAt": "" if basic else second(task.created_at_ns),
        "updatedAt": "" if basic else second(task.updated_at_ns),
    }
    kept = ("org", "flux", "labels")
    return {name: value for name, value in body.items() if value or name in kept}


def second(ns: int) -> str:
    """An instant in RFC 3339 to the second; empty for never."""
    return rfc3339(ns // SECOND_NS * SECOND_NS) if ns else ""


def the_id(text: str) -> str:
    """An id of a request; ApiError where it is none."""
    try:
        return context.path_id(text)
    except ApiError as problem:
        raise undecoded(problem) from None


def one(task_id: str, action: str, told: str) -> Task:
    """The task of a path, if this token may do that with it."""
    the_id(task_id)
    try:
        found = context.tasks().task(task_id)
    except TaskError as problem:
        raise fault(told, problem) from None
    if not context.allowed(context.token(), action, "tasks", org_id=found.org_id, id=found.id):
        # InfluxDB answers 500 to all but looking at the task; the words are its own
        raise ApiError("not found" if told == FIND else "unauthorized", f"{told}unauthorized")
    return found


def seen(task_id: str) -> Task | None:
    """The task of a path where there is one that this token may read."""
    try:
        return one(task_id, "read", FIND)
    except ApiError as problem:
        if problem.code != "not found":
            raise
        return None


def number(name: str, default: int, told: str) -> int:
    """A parameter that is a whole number from 1 to `MOST`."""
    text = request.args.get(name, "")
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise ApiError("invalid", f'failed to decode request: strconv.Atoi: parsing "{text}": invalid syntax') from None
    if not 1 <= value <= MOST:
        raise ApiError("invalid", f"failed to decode request: {told}")
    return value


@tasks.route(SELF, methods=["GET"])
def get_tasks() -> Response:
    """The tasks that this token may read, by the parameters name, after, user, org, orgID, status, limit and type."""
    asked = {name: the_id(text) for name in ("after", "orgID", "user") if (text := request.args.get(name, ""))}
    if request.args.get("org", ""):
        try:
            org = context.find_org(context.storage(), {"org": request.args["org"]})
        except ApiError as problem:
            raise undecoded(problem) from None
        asked = {"orgID": org.id, **asked, "org": org.name}
    limit = number("limit", LIMIT, f"limit must be between 1 and {MOST}")
    kind = request.args.get("type", "")
    if kind not in ("", "basic", "system"):
        raise ApiError("invalid", f'failed to decode request: "{kind}" is not a valid task type')
    wanted = {
        "org_id": asked.get("orgID", ""),
        "owner_id": asked.get("user", ""),
        "name": request.args.get("name", ""),
        "status": status if (status := request.args.get("status", "")) in (ACTIVE, INACTIVE) else "",
    }
    token = context.token()
    found = [
        task
        for task in context.tasks().tasks()
        if task.id > asked.get("after", "")
        and all(not value or getattr(task, name) == value for name, value in wanted.items())
        and context.allowed(token, "read", "tasks", org_id=task.org_id, id=task.id)
    ][:limit]
    links = {"self": _link({**asked, "limit": str(limit)})}
    if len(found) == limit:
        links["next"] = _link({**asked, "limit": str(limit), "after": found[-1].id})
    return reply({"links": links, "tasks": [describe(task, basic=kind == "basic") for task in found]})


def _link(parameters: dict[str, str]) -> str:
    """The address of a page of the list."""
    return f"{SELF}?{urlencode(sorted(parameters.items()))}"


def decoded(name: str, fields: dict[str, type], structure: str = "") -> dict:
    """The object in a request's body; ApiError in the words of these routes.

    InfluxDB's messages name a field's structure by `name`, and the whole by `structure` where it differs.
    """
    try:
        return read_object(request.get_data(cache=False), name, fields, lead="")
    except ApiError as problem:
        text = str(problem).replace(f"Go value of type {name}", f"Go value of type {structure or name}")
        for field in DURATIONS:
            text = text.replace(
                f"field {name}.{field} of type string", f"field {name}.{field} of type options.Duration"
            )
        raise ApiError(problem.code, f"failed to decode request: {text}") from None


@tasks.route(SELF, methods=["POST"])
def post_task() -> Response:
    """Make a task out of a script with an option `task`."""
    fields = {"flux": str, "orgID": str, "org": str, "status": str, "description": str, "type": str}
    given = decoded("TaskCreate", fields, "taskmodel.TaskCreate")
    script, org_id, org_name = given.get("flux", ""), given.get("orgID", ""), given.get("org", "")
    if org_id:
        the_id(org_id)
    if not script:
        raise undecoded(ValueError("missing flux"))
    if not org_id and not org_name:
        raise undecoded(ValueError("missing orgID and org"))
    status = _status(given.get("status", ""))
    try:
        org = context.find_org(context.storage(), {"orgID": org_id} if org_id else {"org": org_name})
    except ApiError as problem:
        raise ApiError(problem.code, f"could not identify organization: {problem}") from None
    if not context.allowed(context.token(), "write", "tasks", org_id=org.id):
        raise ApiError("unauthorized", "failed to create task: unauthorized")
    owner_id = context.token().user_id
    try:
        made = context.tasks().create(org.id, owner_id, script, status=status, description=given.get("description", ""))
    except ScriptError as problem:
        raise ApiError("invalid", f"invalid options: {problem}") from None
    except TaskError as problem:
        raise fault("failed to create task: " if isinstance(problem, NeverDueError) else "", problem) from None
    return reply(describe(made), 201)


def _status(status: str) -> str:
    """A status that a task may have."""
    if status not in ("", ACTIVE, INACTIVE):
        raise undecoded(ValueError(f'invalid task status: "{status}"'))
    return status


@tasks.route(f"{SELF}/<task_id>", methods=["GET"])
def get_task(task_id: str) -> Response:
    """One task."""
    return reply(describe(one(task_id, "read", FIND)))


@tasks.route(f"{SELF}/<task_id>", methods=["PATCH"])
def patch_task(task_id: str) -> Response:
    """Change script, status, description, or single options, which are rewritten in the script."""
    the_id(task_id)
    given = decoded("", UPDATE, "taskmodel.TaskUpdate")
    changes = _changes(given)
    told = "failed to update task: "
    task = one(task_id, "write", told)
    try:
        changed = context.tasks().update(
            task.id,
            changes,
            script=given.get("flux"),
            status=given.get("status", ""),
            description=given.get("description"),
        )
    except ScriptError as problem:
        raise ApiError("internal error", f"{told}{problem}") from None
    except TaskError as problem:
        raise fault(told, problem) from None
    return reply(describe(changed))


def _changes(given: dict) -> Changes:
    """The options that an update changes; ApiError where it says what cannot be, or nothing."""
    try:
        every, offset = (spans.read(given[name]) if name in given else None for name in DURATIONS)
        if offset is not None and not offset.is_zero:
            _check_offset(offset)
    except OptionsError as problem:
        raise undecoded(problem) from None
    every = None if every is None or every.is_zero else every
    changes = Changes(
        given.get("name", ""), every, given.get("cron", ""), offset, given.get("concurrency"), given.get("retry")
    )
    if every is not None and changes.cron:
        raise undecoded(ValueError("cannot specify both every and cron"))
    if not changes.texts() and "flux" not in given and "status" not in given:
        raise undecoded(ValueError("cannot update task without content"))
    _status(given.get("status", ""))
    return changes


def _check_offset(offset: spans.Span) -> None:
    """An offset is in hours and less."""
    try:
        offset.clock_ns()
    except OptionsError as problem:
        told = f"offset: {offset}, {problem} is invalid, the largest unit supported is h"
        raise OptionsError(told) from None


@tasks.route(f"{SELF}/<task_id>", methods=["DELETE"])
def delete_task(task_id: str) -> Response:
    """Delete a task; a run of it that goes on is stopped."""
    told = "failed to delete task: "
    task = one(task_id, "write", told)
    try:
        context.tasks().delete(task.id)
    except TaskError as problem:
        raise fault(told, problem) from None
    return nothing()


# labels, members, owners: of a task that is not there InfluxDB tells empty lists


@tasks.route(f"{SELF}/<task_id>/labels", methods=["GET"])
def get_labels(task_id: str) -> Response:
    """The labels of a task."""
    found = label_routes.held().of_task(task_id) if seen(task_id) is not None else []
    return reply({"links": {"self": label_routes.SELF}, "labels": [label_routes.describe(label) for label in found]})


@tasks.route(f"{SELF}/<task_id>/labels", methods=["POST"])
def post_label(task_id: str) -> Response:
    """Put a label on a task."""
    the_id(task_id)
    label_id = decoded("LabelMapping", {"labelID": str}).get("labelID", "")
    if not label_id:
        raise ApiError("invalid", "label id is required")
    task = one(task_id, "write", "")
    try:
        return reply(label_routes.linked(label_routes.held().attach(task.id, the_id(label_id))), 201)
    except TaskError as problem:
        raise fault("", problem) from None


@tasks.route(f"{SELF}/<task_id>/labels/<label_id>", methods=["DELETE"])
def delete_label(task_id: str, label_id: str) -> Response:
    """Take a label off a task."""
    task = one(task_id, "write", "")
    label_routes.held().detach(task.id, the_id(label_id))
    return nothing()


def _user(user_id: str, role: str) -> dict[str, object]:
    """A user with a role, as InfluxDB describes them."""
    link = f"/api/v2/users/{user_id}"
    return {"role": role, "links": {"logs": f"{link}/logs", "self": link}, **users.named(user_id)}


@tasks.route(f"{SELF}/<task_id>/<any(members, owners):name>", methods=["GET"])
def get_people(task_id: str, name: str) -> Response:
    """The members or owners of a task."""
    task = seen(task_id)
    ids: list[str] = getattr(task, name) if task is not None else []
    found = [_user(user_id, name.removesuffix("s")) for user_id in ids]
    return reply({"links": {"self": f"{SELF}/{task_id}/{name}"}, "users": found})


@tasks.route(f"{SELF}/<task_id>/<any(members, owners):name>", methods=["POST"])
def post_person(task_id: str, name: str) -> Response:
    """Make a user a member or an owner of a task."""
    the_id(task_id)
    user_id = decoded("addResourceMemberRequestBody", {"id": str}).get("id", "")
    if not context.is_id(user_id):
        raise ApiError("invalid", "user id missing or invalid")
    if user_id != users.OPERATOR_ID:
        raise ApiError("not found", "user not found")
    task = one(task_id, "write", "")
    held: list[str] = getattr(task, name)
    if user_id in held:
        told = f"Unexpected error when assigning user to a resource: mapping for user {user_id} already exists"
        raise ApiError("internal error", told)
    context.tasks().put(replace(task, **{name: [*held, user_id]}))
    return reply(_user(user_id, name.removesuffix("s")), 201)


@tasks.route(f"{SELF}/<task_id>/<any(members, owners):name>/<user_id>", methods=["DELETE"])
def delete_person(task_id: str, name: str, user_id: str) -> Response:
    """Take a member or an owner off a task."""
    task = one(task_id, "write", "")
    the_id(user_id)
    kept = [one_id for one_id in getattr(task, name) if one_id != user_id]
    context.tasks().put(replace(task, **{name: kept}))
    return nothing()

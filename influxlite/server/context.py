"""What every resource needs of a request: the storage, whose token it carries, and which organization it names."""

from collections.abc import Mapping

from flask import current_app, g, request

from influxlite.server.errors import ApiError
from influxlite.storage import Bucket, Org, Storage, Token
from influxlite.tasks import TaskService


def storage() -> Storage:
    """The storage this app serves."""
    return current_app.extensions["influxlite.storage"]


def tasks() -> TaskService:
    """The tasks of that storage."""
    return current_app.extensions["influxlite.tasks"]


def authenticate(held: Storage, header: str) -> Token:
    """The token of an `Authorization` header (`Token …` or `Bearer …`); ApiError unauthorized without a known one."""
    scheme, _, secret = header.partition(" ")
    token = held.catalogue.token(secret.strip()) if scheme.lower() in ("token", "bearer") and secret else None
    if token is None:
        raise ApiError("unauthorized", "unauthorized access")
    return token


def token() -> Token:
    """The token of this request, which the app has checked already."""
    return g.token


def allowed(held: Token, action: str, kind: str, *, org_id: str | None = None, id: str | None = None) -> bool:  # noqa: A002
    """Whether a token may "read" or "write" a kind of resource, all of them, an organization's, or one."""
    if held.status != "active":
        return False
    if held.operator:
        return True
    for permission in held.permissions:
        resource = permission["resource"]
        if permission["action"] != action or resource["type"] != kind:
            continue
        if resource.get("orgID") not in (None, "", org_id):
            continue
        if resource.get("id") not in (None, "", id):
            continue
        return True
    return False


def demand(action: str, kind: str, *, org_id: str | None = None, id: str | None = None) -> None:  # noqa: A002
    """ApiError unauthorized, in InfluxDB's words, where this request's token may not do that."""
    if not allowed(token(), action, kind, org_id=org_id, id=id):
        place = f"orgs/{org_id}/{kind}" if org_id and kind != "orgs" else kind
        raise ApiError("unauthorized", f"{action}:{place}{f'/{id}' if id else ''} is unauthorized", tabbed=True)


def may_read(bucket: Bucket) -> bool:
    """Whether this request's token may read a bucket."""
    return allowed(token(), "read", "buckets", org_id=bucket.org_id, id=bucket.id)


def is_id(text: str) -> bool:
    """Whether a text is an id as InfluxDB writes it."""
    return len(text) == 16 and all(letter in "0123456789abcdef" for letter in text) and text.strip("0") != ""


def path_id(text: str) -> str:
    """An id from the path; ApiError invalid where it is none."""
    if len(text) != 16:
        raise ApiError("invalid", "id must have a length of 16 bytes", tabbed=True)
    if not is_id(text):
        raise ApiError("invalid", "invalid ID", tabbed=True)
    return text


def page_id(text: str) -> str:
    """The id after which a page of a list begins; ApiError invalid where it is none."""
    try:
        return path_id(text)
    except ApiError as fault:
        raise ApiError("invalid", f"decoding after: {fault}", tabbed=True) from None


def named_org(*, tabbed: bool = False) -> Org:
    """The organization that this request's parameters name."""
    return find_org(storage(), request.args, tabbed=tabbed)


def find_org(held: Storage, parameters: Mapping[str, str], *, tabbed: bool = False) -> Org:
    """The organization of the parameters `orgID` or `org` (a name or an id); ApiError where there is none."""
    catalogue = held.catalogue
    by_id, by_name = parameters.get("orgID", ""), parameters.get("org", "")
    if by_id:
        if not is_id(by_id):
            raise ApiError("invalid", "id must have a length of 16 bytes", tabbed=tabbed)
        found = catalogue.org(id=by_id)
        if found is None:
            raise ApiError("not found", "organization not found", tabbed=tabbed)
        return found
    if not by_name:
        raise ApiError("invalid", "Please provide either orgID or org", tabbed=tabbed)
    found = (catalogue.org(id=by_name) if is_id(by_name) else None) or catalogue.org(name=by_name)
    if found is None:
        raise ApiError("not found", f'organization name "{by_name}" not found', tabbed=tabbed)
    return found


def find_bucket(held: Storage, org: Org, text: str) -> Bucket:
    """The bucket of an organization by id or name; ApiError not found."""
    found = held.find_bucket(org.id, id=text) if is_id(text) else None
    found = found or held.find_bucket(org.id, name=text)
    if found is None:
        raise ApiError("not found", f'bucket "{text}" not found')
    return found


def whole_number(name: str, default: int) -> int:
    """A parameter that is a whole number; ApiError invalid where it is not."""
    text = request.args.get(name, "")
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        raise ApiError("invalid", f"{name} is invalid", tabbed=True) from None

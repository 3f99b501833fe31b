"""`/v1/tokens`: who may call."""

from typing import Annotated, Any, Literal, NotRequired

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from ingest import openapi, tokens
from ingest.clock import LAST_WRITTEN_MS, PATTERN, now_ms
from ingest.errors import NotAllowed
from ingest.openapi import TokenPath
from ingest.reading import Identifier, Instant, instant
from ingest.routes.common import answer, authorize, read_model, service
from ingest.transaction import Transaction

blueprint = APIBlueprint("tokens", __name__, abp_tags=[{"name": "tokens"}], abp_security=openapi.TOKEN)
_TOKEN = {
    "id": openapi.TEXT,
    "name": openapi.TEXT,
    "role": {"enum": list(tokens.ROLES)},
    "rooms": openapi.nullable(openapi.array(openapi.ID)),
    "created_at": openapi.INSTANT,
    "expires_at": openapi.nullable(openapi.INSTANT),
}


_EXAMPLE: dict[str, Any] = {"pattern": PATTERN, "examples": ["2100-01-01T00:00:00Z"]}


@with_config(ConfigDict(strict=True, extra="forbid"))
class NewToken(TypedDict):
    """A token to be made; `rooms` limits a monitor's token to these."""

    role: Literal["monitor", "clinician", "analyst", "admin"]
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[ -~]+$")]
    rooms: NotRequired[Annotated[list[Identifier], Field(min_length=1, max_length=1000)]]
    expires_at: NotRequired[Annotated[Instant, Field(json_schema_extra=_EXAMPLE)]]


NEW_TOKEN = TypeAdapter(NewToken)


def _schema() -> dict[str, Any]:
    """A new token, with the rule that only a monitor's has rooms."""
    schema = NEW_TOKEN.json_schema()
    monitor = {"properties": {"role": {"const": "monitor"}}}
    schema["anyOf"] = [monitor, {"not": {"required": ["rooms"]}}]
    return schema


@blueprint.get(
    "/v1/tokens",
    operation_id="list_tokens",
    responses=openapi.responses(
        200, openapi.record(tokens=openapi.array(openapi.record(**_TOKEN))), "Every token.", 401, 403
    ),
)
def list_tokens() -> Response:
    """Every token without its secret, the oldest first."""
    authorize("admin")
    return answer(200, {"tokens": [token.document() for token in service().tokens.list()]})


@blueprint.post(
    "/v1/tokens",
    operation_id="create_token",
    request_body=openapi.json_body(_schema()),
    responses=openapi.responses(
        201,
        openapi.record(**_TOKEN, token=openapi.TEXT),
        "The token; its secret is shown this once.",
        400,
        401,
        403,
        413,
        415,
        422,
        503,
    ),
)
def create_token() -> Response:
    """Make a token. The answer is the only place that ever shows its secret."""
    by = authorize("admin")
    asked = read_model(NEW_TOKEN)
    rooms = asked.get("rooms")
    if rooms is not None and asked["role"] != "monitor":
        raise NotAllowed(
            "invalid-token", "Only a monitor's token is limited to rooms.", [("rooms", "is for monitors only")]
        )
    expires_ms = instant("expires_at", asked["expires_at"]) if "expires_at" in asked else None
    if expires_ms is not None and expires_ms <= now_ms():
        raise NotAllowed("invalid-token", "The token would have expired already.", [("expires_at", "is in the past")])
    if expires_ms is not None and expires_ms > LAST_WRITTEN_MS:
        raise NotAllowed(
            "invalid-token", "The token would expire after the year 9999.", [("expires_at", "is too late")]
        )
    parts = service()

    def work(tx: Transaction) -> tuple[tokens.Token, str]:
        made = tokens.create(
            tx,
            name=asked["name"],
            role=asked["role"],
            rooms=None if rooms is None else [str(room) for room in rooms],
            expires_ms=expires_ms,
            most=parts.settings.max_tokens,
        )
        parts.changed(
            by, "token-create", id=made[0].id, made=made[0].digest.hex()[:16], role=made[0].role, name=made[0].name
        )
        tx.after_commit.append(lambda: parts.tokens.load(tx.db))
        return made

    token, secret = parts.committer.submit(work)
    return answer(201, {**token.document(), "token": secret})


@blueprint.delete(
    "/v1/tokens/<id>",
    operation_id="revoke_token",
    responses=openapi.responses(204, None, "The token is good no more.", 401, 403, 404, 409, 422, 503),
)
def revoke_token(path: TokenPath) -> Response:
    """Revoke a token at once."""
    by, parts = authorize("admin"), service()

    def work(tx: Transaction) -> None:
        tokens.revoke(tx, path.id)
        parts.changed(by, "token-revoke", id=path.id)
        tx.after_commit.append(lambda: parts.tokens.load(tx.db))

    parts.committer.submit(work)
    return Response(status=204)

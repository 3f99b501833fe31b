"""`POST /add_patient`: the tutorial's call. It answers a JSON string, also where it says no (400)."""

import json
from typing import Any

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint

from ingest import openapi
from ingest.add_patient import NOT_A_DICTIONARY, READ, BadInput, parse, work_for
from ingest.errors import Malformed, Problem
from ingest.idempotency import Answer
from ingest.images import digest
from ingest.intake import Post, submit
from ingest.openapi import JSON, PROBLEM
from ingest.reading import read_json
from ingest.routes.common import answer, authorize, body_bytes, check_media_type, service
from ingest.tokens import Token
from ingest.transaction import Transaction

blueprint = APIBlueprint("add_patient", __name__, abp_tags=[{"name": "add_patient"}], abp_security=openapi.TOKEN)
_ID = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "exclusiveMaximum": 10**32},
        {"type": "string", "pattern": "^[0-9]{1,32}$"},
    ]
}


def _number(kind: str, most: int, pattern: str) -> dict[str, Any]:
    """A number within bounds, as a number or as a text; "" where there is none."""
    return {"anyOf": [{"type": kind, "minimum": 0, "maximum": most}, {"type": "string", "pattern": f"^({pattern})?$"}]}


_BODY = {
    "type": "object",
    "properties": {
        "patient_name": {"type": "string", "pattern": "^[ -~]*$", "maxLength": 200},
        "patient_mrn": _ID,
        "room_number": _ID,
        "CPAP_pressure": _number("number", 60, r"[0-5]?[0-9](\.[0-9]{1,9})?|60"),
        "breath_rate": _number("number", 150, r"(1[0-4][0-9]|[0-9]{1,2})(\.[0-9]{1,9})?|150"),
        "apnea_count": _number("integer", 1000, r"[0-9]{1,3}|1000"),
        "flow_image": openapi.TEXT,
    },
    "required": [key for key, *_ in READ],
}


@blueprint.post(
    "/add_patient",
    operation_id="add_patient",
    request_body=openapi.json_body(_BODY),
    openapi_extensions={"parameters": [openapi.IDEMPOTENCY_KEY]},
    responses={
        **openapi.responses(
            200,
            {"enum": ["New patient created", "Patient successfully updated"]},
            "Kept.",
            401,
            403,
            409,
            413,
            415,
            422,
            503,
        ),
        "400": {
            "description": "The first fault as a JSON string, or a problem of the request itself.",
            "content": {JSON: {"schema": openapi.TEXT}, PROBLEM: {"schema": openapi.PROBLEM_SCHEMA}},
        },
    },
)
def add_patient() -> Response:
    """Put a patient into a room and keep what was measured now."""
    token, rejected = authorize("monitor"), service().metrics.rejected
    try:
        check_media_type(JSON)
        return _keep(token, body_bytes())
    except BadInput as fault:
        rejected.labels("invalid-input").inc()
        return answer(400, str(fault))
    except Problem as problem:
        rejected.labels(problem.slug).inc()
        raise


def _keep(token: Token, body: bytes) -> Response:
    """Keep what a body says; raises `BadInput`, or a `Problem`."""
    reading = parse(_json_or_nothing(body))
    token.check_room(reading.room)
    parts = service()
    sentence = work_for(parts, reading)

    def work(tx: Transaction) -> Answer:
        return 200, json.dumps(sentence(tx)).encode() + b"\n"

    post = Post(token, request.path, body, key=request.headers.get("Idempotency-Key"))
    kept = {digest(reading.image)} if reading.image is not None else set()
    return answer(*parts.with_images([reading], lambda: (submit(parts, post, work, 1), kept)))


def _json_or_nothing(body: bytes) -> object:
    try:
        return read_json(body)
    except Malformed:
        raise BadInput(NOT_A_DICTIONARY) from None

"""`POST /add_patient`: the tutorial's call. It answers a JSON string, also where it says no (400)."""

import json

from flask import Response
from flask_openapi.blueprint import APIBlueprint

from ingest import openapi
from ingest.add_patient import NOT_A_DICTIONARY, BadInput, parse, work_for
from ingest.errors import Malformed
from ingest.idempotency import Answer
from ingest.images import digest
from ingest.openapi import JSON
from ingest.reading import read_json
from ingest.routes.common import answer, authorize, body_bytes, check_media_type, service
from ingest.routes.readings import submit
from ingest.transaction import Transaction

blueprint = APIBlueprint("add_patient", __name__, abp_tags=[{"name": "add_patient"}])
_ANY_NUMBER = {"anyOf": [{"type": "number"}, openapi.TEXT]}
_BODY = {
    "type": "object",
    "properties": {
        "patient_name": openapi.TEXT,
        "patient_mrn": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{1,32}$"}]},
        "room_number": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{1,32}$"}]},
        "CPAP_pressure": _ANY_NUMBER,
        "breath_rate": _ANY_NUMBER,
        "apnea_count": _ANY_NUMBER,
        "flow_image": openapi.TEXT,
    },
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
        "400": {"description": "The first fault, as a JSON string.", "content": {JSON: {"schema": openapi.TEXT}}},
    },
)
def add_patient() -> Response:
    """Put a patient into a room and keep what was measured now."""
    token = authorize("monitor")
    check_media_type(JSON)
    body = body_bytes()
    try:
        reading = parse(_json_or_nothing(body))
    except BadInput as fault:
        return answer(400, str(fault))
    token.check_room(reading.room)
    parts = service()
    sentence = work_for(parts, reading)

    def work(tx: Transaction) -> Answer:
        return 200, json.dumps(sentence(tx)).encode() + b"\n"

    kept = {digest(reading.image)} if reading.image is not None else set()
    return answer(*parts.with_images([reading], lambda: (submit(token, body, work, 1), kept)))


def _json_or_nothing(body: bytes) -> object:
    try:
        return read_json(body)
    except Malformed:
        raise BadInput(NOT_A_DICTIONARY) from None

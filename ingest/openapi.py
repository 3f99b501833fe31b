"""The pieces that the routes' OpenAPI descriptions are made of."""

from typing import Any

from pydantic import BaseModel, Field

from ingest.clock import PATTERN
from ingest.reading import IDENTIFIER, MOST_ITEMS, READING

TOKEN: list[dict[str, list[str]]] = [{"token": []}]  # the security that every call has but those that are open
JSON, PROBLEM, NDJSON = "application/json", "application/problem+json", "application/x-ndjson"
INSTANT = {"type": "string", "pattern": PATTERN, "examples": ["2026-01-10T22:00:00Z"]}
TEXT = {"type": "string"}
NULL = {"type": "null"}
ID = {"type": "string", "pattern": IDENTIFIER}
FLAGS = {
    "type": "array",
    "items": {"enum": ["late", "mismatch", "unexpected-mrn", "skew-corrected"]},
}
MEANING = {
    "400": "It cannot be read.",
    "401": "No token, or one that is not good.",
    "403": "The token's role or rooms do not allow this.",
    "404": "There is no such thing.",
    "409": "It contradicts what is known; nothing was stored.",
    "413": "Longer than 32 MiB, or more than 10,000 items.",
    "415": "Another media type or content encoding than this call takes.",
    "422": "It was read, and says something that is not allowed.",
    "429": "Refused as with 401, after many others from the same address; `Retry-After` says for how long.",
    "500": "A fault of the server; nothing was stored.",
    "503": "It cannot be kept now; send it again after `Retry-After` seconds.",
}


class RoomPath(BaseModel):
    """The room in an address."""

    room: str = Field(pattern=IDENTIFIER)


class PatientPath(BaseModel):
    """The MRN in an address."""

    mrn: str = Field(pattern=IDENTIFIER)


class ImagePath(BaseModel):
    """The digest in an address."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class QuarantinePath(BaseModel):
    """The number of a quarantined line in an address."""

    id: int = Field(ge=1, le=2**53)


class TokenPath(BaseModel):
    """The id of a token in an address."""

    id: str = Field(pattern=r"^[0-9a-z]{1,16}$")


def record(**properties: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object that has exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def array(items: dict[str, Any]) -> dict[str, Any]:
    """The schema of a list."""
    return {"type": "array", "items": items}


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """That, or null."""
    return {"anyOf": [schema, NULL]}


PROBLEM_SCHEMA = {
    "type": "object",
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "errors": array(record(field=TEXT, message=TEXT)),
    },
    "required": ["type", "title", "status", "detail", "errors"],
}
ACCEPTED_SCHEMA = record(status={"const": "accepted"}, room=ID, mrn=ID, time=INSTANT, flags=FLAGS)
RESULT_SCHEMA = {
    "type": "object",
    "properties": {
        "index": {"type": "integer"},
        "status": {"enum": ["accepted", "rejected"]},
        "room": nullable(ID),
        "mrn": nullable(ID),
        "time": nullable(INSTANT),
        "flags": FLAGS,
        "duplicate": {"const": True},
        "problem": PROBLEM_SCHEMA,
    },
    "required": ["index", "status", "room", "mrn", "time", "flags"],
    "additionalProperties": False,
}
COUNT = {"type": "integer", "minimum": 0}
BATCH_SCHEMA = record(accepted=COUNT, duplicate=COUNT, rejected=COUNT, results=array(RESULT_SCHEMA))
STAY_SCHEMA = record(**{"room": ID, "mrn": ID, "from": INSTANT, "to": nullable(INSTANT)})
ROOM_SCHEMA = record(
    room=ID,
    mrn=nullable(ID),
    name=nullable(TEXT),
    since=nullable(INSTANT),
    last_reading=nullable(INSTANT),
    flapping={"type": "boolean"},
)


def responses(status: int, schema: dict[str, Any] | None, text: str, *problems: int) -> dict[Any, Any]:
    """The `responses` of an operation: its success, and the problems it may answer beside those all calls may."""
    success: dict[str, Any] = {"description": text}
    if schema is not None:
        success["content"] = {JSON: {"schema": schema}}
    described: dict[Any, Any] = {str(status): success}
    for problem in sorted({*problems, 500, *((429,) if 401 in problems else ())}):
        described[str(problem)] = {
            "description": MEANING[str(problem)],
            "content": {PROBLEM: {"schema": PROBLEM_SCHEMA}},
        }
    return described


def header(name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An optional header parameter."""
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}


IDEMPOTENCY_KEY = header(
    "Idempotency-Key",
    "The same key and body within 48 hours get the stored answer.",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
)
SENT_AT = header("Bedside-Sent-At", "The device's clock as it sends; for readings without `sent_at`.", INSTANT)


def json_body(schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """A request body of JSON."""
    return {"content": {JSON: {"schema": schema}}, "required": required}


def reading_schema() -> dict[str, Any]:
    """A reading, with the rule that pydantic's schema cannot say: it holds at least one measurement, or a name."""
    schema = READING.json_schema()
    measured = ("cpap_pressure", "breath_rate", "apnea_count", "leak_rate", "spo2", "mask_on", "flow_image", "name")
    schema["anyOf"] = [{"required": [field]} for field in measured]
    return schema


def readings_body() -> dict[str, Any]:
    """One reading, an array, or a line each."""
    one = reading_schema()
    each = f"at most {MOST_ITEMS} readings; an item that is none is rejected by itself, within the answer"
    many = {"type": "array", "description": each, "minItems": 1}
    return {
        "required": True,
        "content": {
            JSON: {"schema": {"anyOf": [one, many]}},
            NDJSON: {"schema": {"type": "string", "description": "one reading a line"}},
        },
    }

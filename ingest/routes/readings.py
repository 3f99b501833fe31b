"""`POST /v1/readings`: one reading, an array of them, or one a line."""

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint

from ingest import intake, openapi
from ingest.errors import Problem
from ingest.intake import Post
from ingest.openapi import JSON, NDJSON
from ingest.routes.common import answer, authorize, body_bytes, check_media_type, service

blueprint = APIBlueprint("readings", __name__, abp_tags=[{"name": "readings"}], abp_security=openapi.TOKEN)


@blueprint.post(
    "/v1/readings",
    operation_id="post_readings",
    request_body=openapi.readings_body(),
    openapi_extensions={"parameters": [openapi.IDEMPOTENCY_KEY, openapi.SENT_AT]},
    responses={
        **openapi.responses(
            201, openapi.ACCEPTED_SCHEMA, "One reading is on disk.", 400, 401, 403, 409, 413, 415, 422, 503
        ),
        "200": {
            "description": "A batch is on disk: each item by itself, in the order sent.",
            "content": {JSON: {"schema": openapi.BATCH_SCHEMA}},
        },
    },
)
def post_readings() -> Response:
    """Keep one reading, or a batch of up to 10,000 as a JSON array or NDJSON.

    The answer is sent when the readings are on disk. A body may be gzipped.
    """
    token = authorize("monitor")
    try:
        kind = check_media_type(JSON, NDJSON)
        body = body_bytes()
    except Problem as problem:
        service().metrics.rejected.labels(problem.slug).inc()
        raise
    headers = request.headers
    post = Post(token, request.path, body, headers.get("Bedside-Sent-At"), headers.get("Idempotency-Key"))
    return answer(*intake.take(service(), post, lines=kind == NDJSON))

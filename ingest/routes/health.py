"""`/healthz`, `/readyz`, `/metrics`."""

import json

from flask import Response
from flask_openapi.blueprint import APIBlueprint

from ingest import openapi
from ingest.errors import Unavailable
from ingest.openapi import PROBLEM, PROBLEM_SCHEMA
from ingest.routes.common import answer, authorize, service

blueprint = APIBlueprint("health", __name__, abp_tags=[{"name": "health"}])
_NOT_READY = {
    **PROBLEM_SCHEMA,
    "properties": {**PROBLEM_SCHEMA["properties"], "reasons": openapi.array(openapi.TEXT)},
}


@blueprint.get(
    "/healthz",
    operation_id="healthz",
    responses=openapi.responses(200, openapi.record(status={"const": "ok"}), "The process answers."),
)
def healthz() -> Response:
    """Whether the process is alive."""
    return answer(200, {"status": "ok"})


@blueprint.get(
    "/readyz",
    operation_id="readyz",
    responses={
        **openapi.responses(200, openapi.record(status={"const": "ready"}), "A reading can make its whole way."),
        "503": {"description": "It cannot; `reasons` say why.", "content": {PROBLEM: {"schema": _NOT_READY}}},
    },
)
def readyz() -> Response:
    """Whether a reading can make its whole way now, to InfluxDB; the reasons where it cannot.

    While InfluxDB is away readings are still accepted and kept: use `/healthz` to decide where monitors post to.
    """
    reasons = service().not_ready()
    if not reasons:
        return answer(200, {"status": "ready"})
    problem = Unavailable("not-ready", "; ".join(reasons), 5)
    document = {**problem.document(), "reasons": reasons}
    return Response(json.dumps(document), 503, problem.headers, mimetype=PROBLEM)


@blueprint.get(
    "/metrics",
    operation_id="metrics",
    security=openapi.TOKEN,
    responses={
        **openapi.responses(200, None, "The figures.", 401),
        "200": {"description": "The figures.", "content": {"text/plain": {"schema": openapi.TEXT}}},
    },
)
def metrics() -> Response:
    """The server's own figures in Prometheus' text format; any good token may read them."""
    authorize(None)
    return Response(service().metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")

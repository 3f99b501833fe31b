"""`/v1/quarantine`: what InfluxDB refused for good, and another try."""

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from sqlalchemy import select

from ingest import database, openapi
from ingest.clock import format_ms
from ingest.errors import NotFound
from ingest.openapi import QuarantinePath
from ingest.routes.common import answer, authorize, service
from ingest.transaction import Transaction

blueprint = APIBlueprint("quarantine", __name__, abp_tags=[{"name": "quarantine"}], abp_security=openapi.TOKEN)
MOST_SHOWN = 1_000
_LINE = openapi.record(
    id={"type": "integer"},
    line=openapi.TEXT,
    status={"type": "integer"},
    reason=openapi.TEXT,
    quarantined_at=openapi.INSTANT,
)


@blueprint.get(
    "/v1/quarantine",
    operation_id="list_quarantine",
    responses=openapi.responses(
        200, openapi.record(quarantine=openapi.array(_LINE)), "The oldest 1,000 lines.", 401, 403
    ),
)
def list_quarantine() -> Response:
    """The lines that InfluxDB refused, each with its reason; the oldest 1,000."""
    by = authorize("admin")
    table = database.quarantine
    with service().readers.connect() as connection:
        rows = connection.execute(select(table).order_by(table.c.id).limit(MOST_SHOWN)).all()
    service().saw(by, "quarantine")
    lines = [
        {
            "id": row.id,
            "line": row.line,
            "status": row.status,
            "reason": row.reason,
            "quarantined_at": format_ms(row.quarantined_ms),
        }
        for row in rows
    ]
    return answer(200, {"quarantine": lines})


@blueprint.post(
    "/v1/quarantine/<id>/retry",
    operation_id="retry_quarantined",
    responses=openapi.responses(
        200,
        openapi.record(id={"type": "integer"}, status={"const": "queued"}),
        "The line is on its way to InfluxDB again.",
        401,
        403,
        404,
        422,
        503,
    ),
)
def retry_quarantined(path: QuarantinePath) -> Response:
    """Put a line back at the end of the outbox; if InfluxDB refuses it again, it returns here."""
    by, parts = authorize("admin"), service()

    def work(tx: Transaction) -> None:
        row = tx.query("SELECT line FROM quarantine WHERE id=?", (path.id,)).fetchone()
        if row is None:
            raise NotFound("not-found", "There is no quarantined line with that id.")
        tx.write("DELETE FROM quarantine WHERE id=?", (path.id,))
        tx.entries.append(row[0])
        parts.changed(by, "quarantine-retry", line=str(path.id))

    parts.committer.submit(work)
    return answer(200, {"id": path.id, "status": "queued"})

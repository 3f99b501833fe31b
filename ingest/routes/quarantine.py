"""`/v1/quarantine`: what InfluxDB refused for good, and another try."""

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from sqlalchemy import select

from ingest import database, openapi, stays
from ingest.clock import format_ms
from ingest.errors import NotFound
from ingest.line_protocol import stay_of
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
        openapi.record(id={"type": "integer"}, status={"enum": ["queued", "superseded"]}),
        "The line is on its way to InfluxDB again, or says what a correction has undone since.",
        401,
        403,
        404,
        422,
        503,
    ),
)
def retry_quarantined(path: QuarantinePath) -> Response:
    """Put a line back at the end of the outbox; if InfluxDB refuses it again, it returns here.

    A stay's boundary that was corrected since is let go: its point would say what is not so.
    """
    by, parts = authorize("admin"), service()

    def work(tx: Transaction) -> str:
        row = tx.query("SELECT line FROM quarantine WHERE id=?", (path.id,)).fetchone()
        if row is None:
            raise NotFound("not-found", "There is no quarantined line with that id.")
        tx.write("DELETE FROM quarantine WHERE id=?", (path.id,))
        parts.changed(by, "quarantine-retry", line=str(path.id))
        boundary = stay_of(row[0])
        if boundary is not None and not stays.says(tx, *boundary):
            return "superseded"
        tx.entries.append(row[0])
        return "queued"

    return answer(200, {"id": path.id, "status": parts.committer.submit(work)})

"""`/v1/patients/{mrn}`: where a patient lies, and lay."""

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from sqlalchemy import and_, select

from ingest import openapi
from ingest.clock import format_ms
from ingest.database import patients, stays
from ingest.errors import NotFound
from ingest.openapi import JSON, PatientPath
from ingest.routes.common import answer, authorize, service
from ingest.routes.rooms import StaysQuery, latest_stays, stays_answer

blueprint = APIBlueprint("patients", __name__, abp_tags=[{"name": "patients"}], abp_security=openapi.TOKEN)
PATIENT_SCHEMA = openapi.record(
    mrn=openapi.ID,
    name=openapi.nullable(openapi.TEXT),
    room=openapi.nullable(openapi.ID),
    since=openapi.nullable(openapi.INSTANT),
    therapy_start=openapi.nullable(openapi.INSTANT),
)
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}
FORGOTTEN_SCHEMA = openapi.record(status={"const": "forgotten"}, removed=_COUNTS, left=_COUNTS)


@blueprint.get(
    "/v1/patients/<mrn>",
    operation_id="show_patient",
    responses=openapi.responses(200, PATIENT_SCHEMA, "The patient.", 401, 403, 404, 422),
)
def show_patient(path: PatientPath) -> Response:
    """A patient's name, room, and the time of the first reading (the start of therapy)."""
    by = authorize("clinician")
    asked = (
        select(patients.c.mrn, patients.c.name, stays.c.room, stays.c.from_ms, patients.c.therapy_start_ms)
        .outerjoin(stays, and_(stays.c.mrn == patients.c.mrn, stays.c.to_ms.is_(None)))
        .where(patients.c.mrn == path.mrn)
    )
    with service().readers.connect() as connection:
        row = connection.execute(asked).one_or_none()
    if row is None:
        raise _no_patient()
    service().saw(by, "patient", path.mrn)
    return answer(
        200,
        {
            "mrn": row.mrn,
            "name": row.name,
            "room": row.room,
            "since": None if row.from_ms is None else format_ms(row.from_ms),
            "therapy_start": None if row.therapy_start_ms is None else format_ms(row.therapy_start_ms),
        },
    )


@blueprint.get(
    "/v1/patients/<mrn>/stays",
    operation_id="list_stays_of_patient",
    responses=openapi.responses(
        200,
        openapi.record(stays=openapi.array(openapi.STAY_SCHEMA)),
        "The stays, oldest first; 10,000 at most.",
        401,
        403,
        404,
        422,
    ),
)
def list_stays_of_patient(path: PatientPath, query: StaysQuery) -> Response:
    """Where the patient lay, oldest first; the latest 10,000 stays, or the latest that began before an instant."""
    by = authorize("clinician")
    asked = latest_stays(query)
    with service().readers.connect() as connection:
        if connection.execute(select(patients.c.mrn).where(patients.c.mrn == path.mrn)).first() is None:
            raise _no_patient()
        found = connection.execute(asked.where(stays.c.mrn == path.mrn)).all()
    service().saw(by, "stays of a patient", path.mrn)
    return stays_answer(found)


@blueprint.delete(
    "/v1/patients/<mrn>",
    operation_id="forget_patient",
    responses={
        **openapi.responses(200, FORGOTTEN_SCHEMA, "Nothing names the patient any more.", 401, 403, 422, 503),
        "202": {
            "description": "InfluxDB cannot be asked now; the rest follows. Ask again to know.",
            "content": {JSON: {"schema": openapi.record(status={"const": "under-way"})}},
        },
    },
)
def forget_patient(path: PatientPath) -> Response:
    """Forget a patient: name, stays, receipts, images, what waits for InfluxDB, and every point; backups stay.

    Forwarding rests meanwhile, and nothing is accepted for that MRN. The answer counts what was removed, and the values
    that still name the MRN in each bucket.
    """
    by = authorize("admin")
    done = service().forget(path.mrn, by)
    if done is None:
        return answer(202, {"status": "under-way"})
    return answer(200, {"status": "forgotten", "removed": done.removed, "left": done.left})


def _no_patient() -> NotFound:
    return NotFound("not-found", "No reading and no admission ever named that patient.")

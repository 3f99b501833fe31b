"""`/v1/rooms`: who lies where, and the calls that say so by hand."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, NotRequired
from urllib.parse import quote

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, with_config
from sqlalchemy import Row, Select, and_, select
from typing_extensions import TypedDict

from ingest import openapi, stays
from ingest.accept import check_room_limit, check_time, name_patient, server_time
from ingest.clock import format_ms
from ingest.database import patients, rooms
from ingest.database import stays as stays_table
from ingest.errors import Conflict, NotFound
from ingest.openapi import RoomPath
from ingest.reading import Identifier, Instant, Person, instant, person
from ingest.routes.common import answer, authorize, read_model, service
from ingest.state import Room, is_flapping, moves_of
from ingest.stays import Stay
from ingest.transaction import Transaction

blueprint = APIBlueprint("rooms", __name__, abp_tags=[{"name": "rooms"}], abp_security=openapi.TOKEN)
_STRICT = ConfigDict(strict=True, extra="forbid")
MOST_STAYS = 10_000


@with_config(_STRICT)
class Admission(TypedDict):
    """Who is admitted, and when."""

    mrn: Identifier
    name: NotRequired[Person]
    time: NotRequired[Instant]


@with_config(_STRICT)
class Discharge(TypedDict):
    """Who is discharged (to be sure that it is the right one), and when."""

    mrn: NotRequired[Identifier]
    time: NotRequired[Instant]


@with_config(_STRICT)
class Transfer(TypedDict):
    """Who is transferred, into which room, and when."""

    mrn: Identifier
    to: Annotated[Identifier, Field(description="the room to lie in from then on")]
    time: NotRequired[Instant]


class StaysQuery(BaseModel):
    """Which stays of a room or patient."""

    before: Instant | None = Field(
        default=None, description="only stays that began before: the `from` of the oldest one of an answer leads on"
    )


ADMISSION, DISCHARGE, TRANSFER = TypeAdapter(Admission), TypeAdapter(Discharge), TypeAdapter(Transfer)
_ALL_STAYS = openapi.record(stays=openapi.array(openapi.STAY_SCHEMA))


def _rooms() -> Select[*tuple[Any, ...]]:
    return (
        select(
            rooms.c.room,
            stays_table.c.mrn,
            patients.c.name,
            stays_table.c.from_ms,
            rooms.c.last_reading_ms,
            rooms.c.last_event_ms,
            rooms.c.moves,
        )
        .outerjoin(stays_table, and_(stays_table.c.room == rooms.c.room, stays_table.c.to_ms.is_(None)))
        .outerjoin(patients, patients.c.mrn == stays_table.c.mrn)
    )


def _document(row: Row[Any]) -> dict[str, Any]:
    return {
        "room": row.room,
        "mrn": row.mrn,
        "name": row.name,
        "since": None if row.from_ms is None else format_ms(row.from_ms),
        "last_reading": None if row.last_reading_ms is None else format_ms(row.last_reading_ms),
        "flapping": is_flapping(moves_of(row.moves), row.last_event_ms),
    }


def _by_number(row: Row[Any]) -> tuple[bool, int, str]:
    """Rooms that are numbers by their number, then the others by their text."""
    return (not row.room.isdigit(), int(row.room) if row.room.isdigit() else 0, row.room)


@blueprint.get(
    "/v1/rooms",
    operation_id="list_rooms",
    responses=openapi.responses(
        200, openapi.record(rooms=openapi.array(openapi.ROOM_SCHEMA)), "Every room that was ever used.", 401, 403
    ),
)
def list_rooms() -> Response:
    """Every room, who lies in it, and when it had its latest reading."""
    by = authorize("clinician")
    with service().readers.connect() as connection:
        found = connection.execute(_rooms()).all()
    service().saw(by, "rooms")
    return answer(200, {"rooms": [_document(row) for row in sorted(found, key=_by_number)]})


@blueprint.get(
    "/v1/rooms/<room>",
    operation_id="show_room",
    responses=openapi.responses(200, openapi.ROOM_SCHEMA, "The room.", 401, 403, 404, 422),
)
def show_room(path: RoomPath) -> Response:
    """One room."""
    by = authorize("clinician")
    with service().readers.connect() as connection:
        row = connection.execute(_rooms().where(rooms.c.room == path.room)).one_or_none()
    if row is None:
        raise _no_room()
    service().saw(by, "room", row.mrn, room=path.room)
    return answer(200, _document(row))


@blueprint.get(
    "/v1/rooms/<room>/stays",
    operation_id="list_stays_of_room",
    responses=openapi.responses(200, _ALL_STAYS, "The stays, oldest first; 10,000 at most.", 401, 403, 404, 422),
)
def list_stays_of_room(path: RoomPath, query: StaysQuery) -> Response:
    """Who lay in the room, oldest first; the latest 10,000 stays, or the latest that began before an instant."""
    by = authorize("clinician")
    asked = latest_stays(query)
    with service().readers.connect() as connection:
        if connection.execute(select(rooms.c.room).where(rooms.c.room == path.room)).first() is None:
            raise _no_room()
        found = connection.execute(asked.where(stays_table.c.room == path.room)).all()
    service().saw(by, "stays of a room", room=path.room)
    return stays_answer(found)


def latest_stays(query: StaysQuery) -> Select[*tuple[Any, ...]]:
    """The stays of a room or patient, to be narrowed to one: the latest first, at most `MOST_STAYS`.

    No two stays of a room, and no two of a patient, begin at one instant: so `before` leaves none out.
    """
    table = stays_table.c
    found = select(table.id, table.room, table.mrn, table.from_ms, table.to_ms).order_by(table.from_ms.desc())
    if query.before is not None:
        found = found.where(table.from_ms < instant("before", query.before))
    return found.limit(MOST_STAYS)


def stays_answer(found: Sequence[Row[Any]]) -> Response:
    """The rows of `latest_stays`, oldest first; where there may be more, a `Link` leads to those before."""
    told = [Stay(*row).document() for row in reversed(found)]
    response = answer(200, {"stays": told})
    if len(told) == MOST_STAYS:
        response.headers["Link"] = f'<?before={quote(format_ms(found[-1].from_ms), safe="")}>; rel="next"'
    return response


@blueprint.post(
    "/v1/rooms/<room>/admit",
    operation_id="admit",
    request_body=openapi.json_body(ADMISSION.json_schema()),
    responses={
        **openapi.responses(201, openapi.STAY_SCHEMA, "A new stay.", 400, 401, 403, 409, 413, 415, 422, 503),
        **openapi.responses(200, openapi.STAY_SCHEMA, "The patient lies there already; an earlier time corrects it."),
    },
)
def admit(path: RoomPath) -> Response:
    """Put a patient into a room; one who lay elsewhere leaves that room."""
    by, parts = authorize("clinician"), service()
    asked = read_model(ADMISSION)
    mrn, name = str(asked["mrn"]), asked.get("name")
    name = None if name is None else person(name)
    rules = parts.rules

    def work(tx: Transaction, room: Room, time_ms: int) -> tuple[int, Stay]:
        check_room_limit(tx, room.room, rules)
        stay, new = stays.admit(tx, room, mrn, time_ms)
        if name is not None:
            name_patient(tx, mrn, name, time_ms)
        parts.changed(by, "admit", mrn, room=room.room)
        return (201 if new else 200), stay

    return _by_hand(path.room, None, mrn, asked.get("time"), work)


@blueprint.post(
    "/v1/rooms/<room>/discharge",
    operation_id="discharge",
    request_body=openapi.json_body(DISCHARGE.json_schema(), required=False),
    responses=openapi.responses(
        200, openapi.STAY_SCHEMA, "The stay that ended.", 400, 401, 403, 404, 409, 413, 415, 422, 503
    ),
)
def discharge(path: RoomPath) -> Response:
    """End the stay of whoever lies in the room; a time within an ended stay corrects its end."""
    by, parts = authorize("clinician"), service()
    asked = read_model(DISCHARGE, may_be_empty=True)
    mrn = None if "mrn" not in asked else str(asked["mrn"])

    def work(tx: Transaction, room: Room, time_ms: int) -> tuple[int, Stay]:
        stay = stays.discharge(tx, room, mrn, time_ms)
        parts.changed(by, "discharge", stay.mrn, room=room.room)
        return 200, stay

    return _by_hand(path.room, None, None, asked.get("time"), work)


@blueprint.post(
    "/v1/rooms/<room>/transfer",
    operation_id="transfer",
    request_body=openapi.json_body(TRANSFER.json_schema()),
    responses=openapi.responses(
        200, openapi.STAY_SCHEMA, "The stay in the new room.", 400, 401, 403, 404, 409, 413, 415, 422, 503
    ),
)
def transfer(path: RoomPath) -> Response:
    """Move a patient from this room to another."""
    by, parts = authorize("clinician"), service()
    asked = read_model(TRANSFER)
    mrn, to = str(asked["mrn"]), str(asked["to"])
    if to == path.room:
        raise Conflict("same-room", "The room to go to is the same room.", [("to", "is the same room")])
    rules = parts.rules

    def work(tx: Transaction, room: Room, time_ms: int) -> tuple[int, Stay]:
        check_room_limit(tx, to, rules)
        target = tx.room(to)
        stay = stays.transfer(tx, room, mrn, target, time_ms)
        _happened(target, time_ms)
        parts.changed(by, "transfer", mrn, room=room.room, to=to)
        return 200, stay

    return _by_hand(path.room, to, mrn, asked.get("time"), work)


def _by_hand(
    name: str,
    also: str | None,
    mrn: str | None,
    time: str | None,
    work: Callable[[Transaction, Room, int], tuple[int, Stay]],
) -> Response:
    """Run a change of stays in a transaction: at the time that was given, or at the server's."""
    parts = service()
    given_ms = None if time is None else instant("time", time)

    def run(tx: Transaction) -> tuple[int, Stay]:
        room = tx.room(name)
        if given_ms is None:
            time_ms = server_time(tx, (room,) if also is None else (room, tx.room(also)), mrn)
            room.last_clock_ms = time_ms
        else:
            time_ms = given_ms
            check_time(tx, time_ms, parts.rules)
        status, stay = work(tx, room, time_ms)
        _happened(room, time_ms)
        return status, stay

    status, stay = parts.committer.submit(run)
    return answer(status, stay.document())


def _happened(room: Room, time_ms: int) -> None:
    """An admission or discharge: readings from before it are late now."""
    if room.last_event_ms is None or time_ms > room.last_event_ms:
        room.last_event_ms = time_ms
    room.dirty = True


def _no_room() -> NotFound:
    return NotFound("not-found", "No reading and no admission ever named that room.")

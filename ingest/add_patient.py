"""`POST /add_patient`, the tutorial's contract, and the same as a function that needs no server.

The first fault only, the keys in the order of `READ`; numeric strings are numbers; `""` is absent. Whatever is
valid puts the MRN into the room and is kept with the fields it has.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from ingest import images, local
from ingest.errors import DataFolderError, IngestError, Problem
from ingest.incoming import Incoming
from ingest.line_protocol import field_set
from ingest.reading import NAME_LENGTH
from ingest.settings import IngestSettings
from ingest.transaction import Transaction

CREATED, UPDATED = "New patient created", "Patient successfully updated"
NOT_A_DICTIONARY = "Input is not a dictionary"
PATIENCE_S = 10.0
_INTEGER = re.compile(r"[+-]?[0-9]{1,32}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,32}(\.[0-9]{0,32})?|\.[0-9]{1,32})([eE][+-]?[0-9]{1,3})?")


class BadInput(IngestError):  # noqa: N818 - the contract's answer, 400
    """The sentence that the contract answers for input that is not right."""


def _integer(value: Any, most: int) -> int | None:
    if type(value) is str and _INTEGER.fullmatch(value.strip()):
        value = int(value)
    return value if type(value) is int and 0 <= value <= most else None


def _identifier(value: Any) -> int | None:
    return _integer(value, 10**32 - 1)


def _number(most: float) -> Callable[[Any], float | None]:
    def read(value: Any) -> float | None:
        if type(value) is str and _NUMBER.fullmatch(value.strip()):
            value = float(value)
        return (
            float(value) if isinstance(value, int | float) and type(value) is not bool and 0 <= value <= most else None
        )

    return read


def _name(value: Any) -> str | None:
    return value if type(value) is str and value.isprintable() and len(value) <= NAME_LENGTH else None


def _any_text(value: Any) -> str | None:
    return value if type(value) is str else None


_NUMERIC, _TYPE = "Key {} is not an int or numeric string", "Key {} has the incorrect value type"
# key, how it is read (None: not right), whether "" means that it is absent, what is said of a wrong one
READ: tuple[tuple[str, Callable[[Any], Any], bool, str], ...] = (
    ("patient_mrn", _identifier, False, _NUMERIC),
    ("room_number", _identifier, False, _NUMERIC),
    ("patient_name", _name, True, _TYPE),
    ("CPAP_pressure", _number(60), True, _NUMERIC),
    ("breath_rate", _number(150), True, _NUMERIC),
    ("apnea_count", lambda value: _integer(value, 1000), True, _NUMERIC),
    ("flow_image", _any_text, True, _TYPE),
)


def parse(value: Any) -> Incoming:
    """The reading of a post; raises `BadInput` with the contract's sentence for the first fault."""
    if not isinstance(value, dict):
        raise BadInput(NOT_A_DICTIONARY)
    read: dict[str, Any] = {}
    for key, reader, may_be_absent, wrong in READ:
        if key not in value:
            raise BadInput(f"Key {key} is missing from input")
        if may_be_absent and value[key] == "":
            continue
        read[key] = reader(value[key])
        if read[key] is None:
            raise BadInput(wrong.format(key))
    image = images.decode_leniently(read["flow_image"]) if "flow_image" in read else None
    name = read.get("patient_name", "")
    fields = {
        "cpap_pressure": read.get("CPAP_pressure"),
        "breath_rate": read.get("breath_rate"),
        "apnea_count": read.get("apnea_count"),
    }
    return Incoming(
        str(read["room_number"]),
        str(read["patient_mrn"]),
        None,
        field_set(fields, None if image is None else images.digest(image)),
        name if name.strip() else None,
        image=image,
        forced=True,
    )


def work_for(service: Any, reading: Incoming) -> Callable[[Transaction], str]:
    """The work of a post, for the committer; its result is the sentence to answer."""

    def work(tx: Transaction) -> str:
        used = tx.is_known_room(reading.room)
        service.accept(tx, reading)
        return UPDATED if used else CREATED

    return work


def add_to(service: Any, value: Any) -> tuple[str, int]:
    """Take a post into a running service: the sentence and its status."""
    try:
        reading = parse(value)
    except BadInput as fault:
        return str(fault), 400
    work = work_for(service, reading)

    def commit() -> tuple[str, set[str]]:
        answer = service.committer.submit(work)
        return answer, {images.digest(reading.image)} if reading.image is not None else set()

    try:
        answer = service.with_images([reading], commit)
    except Problem as problem:
        return problem.detail, problem.status
    return answer, 200


def add_patient_driver(in_data: Any) -> tuple[str, int]:
    """`POST /add_patient` without Flask or a running server: the answer and its status; needs only `BEDSIDE_DATA`.

    While a server runs on that data folder, which must not be written by two processes, it hands the post to that
    server.
    """
    try:
        parse(in_data)
    except BadInput as fault:
        return str(fault), 400
    settings = IngestSettings()
    given_up = time.monotonic() + PATIENCE_S
    while True:
        answer = local.ask(settings, {key: in_data[key] for key, *_ in READ})
        if answer is not None:
            return answer
        try:
            return _alone(settings, in_data)
        except DataFolderError as problem:
            if time.monotonic() > given_up:
                return str(problem), 503
            time.sleep(0.05)


def _alone(settings: IngestSettings, in_data: Any) -> tuple[str, int]:
    """Be the server of the data folder for as long as one post takes."""
    from ingest.service import Service

    service = Service(settings, forward=False)
    service.start()
    try:
        return add_to(service, in_data)
    finally:
        service.stop()

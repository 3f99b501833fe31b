"""FHIR R4 Observations and Encounters, one resource a line (the NDJSON of FHIR's bulk data).

A reading is one Observation with a component a measurement; a stay is one Encounter. Patients are named by an
identifier alone: no name, no Patient resource. Every resource passes `fhir.resources`' models of R4B, whose Observation
and Encounter are R4's; the codes are listed in docs/files.md.

A model takes 0.3 ms for an Observation, most of it for what is the same in all of them. So parts are checked: each
component with a value that was not there before, each patient's head, every id and time by the model's own types; and
each set of components that occurs, put together, by the whole model, whose other rules look at what is there and not
at values. What is written are those checked parts.
"""

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any

import polars as pl
from fhir.resources.R4B.encounter import Encounter
from fhir.resources.R4B.observation import Observation, ObservationComponent
from pydantic import TypeAdapter

from query.files.local_times import rfc3339

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
OWN = "urn:bedside:measurement"
MRN, ROOM = "urn:bedside:mrn", "urn:bedside:room"
PANEL = {"coding": [{"system": LOINC, "code": "69999-1", "display": "Positive airway pressure panel"}]}
THERAPY = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": "therapy",
            "display": "Therapy",
        }
    ]
}
CODES: dict[str, tuple[str, str, str, str, str]] = {
    "cpap_pressure": (OWN, "cpap-pressure", "Mask pressure of a CPAP device", "cmH2O", "cm[H2O]"),
    "breath_rate": (LOINC, "9279-1", "Respiratory rate", "/min", "/min"),
    "apnea_count": (OWN, "apnea-count", "Apneas since the reading before", "events", "{events}"),
    "leak_rate": (OWN, "leak-rate", "Mask leak of a CPAP device", "L/min", "L/min"),
    "spo2": (LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "%", "%"),
    "mask_on": (OWN, "mask-on", "Whether the mask is worn", "", ""),
}
"""The code of each measurement: system, code, display, unit and UCUM code. LOINC codes pressure and leak of such
devices over 24 hours only, none for a single reading, so those are Bedside's own."""


KEPT_COMPONENTS, KEPT_HEADS = 1 << 16, 1 << 12


def _type_of(field: str) -> TypeAdapter[Any]:
    """The type of a field, as the model has it."""
    annotation = Observation.model_fields[field].annotation
    assert annotation is not None
    return TypeAdapter(annotation)


ID, TIME = _type_of("id"), _type_of("effectiveDateTime")


def write_observations(frames: Iterable[pl.DataFrame], file: IO[bytes]) -> int:
    """An Observation for every reading that measured something, as `observation` makes it; how many."""
    count = 0
    whole: set[tuple[bool, ...]] = set()
    names = tuple(CODES)
    for frame in frames:
        for room, mrn, time, *values in frame.select("room", "mrn", "time", *names).iter_rows():
            present = tuple(value is not None for value in values)
            if not any(present):
                continue
            if present not in whole:
                observation({"room": room, "mrn": mrn, "time": time, **dict(zip(names, values, strict=True))})
                whole.add(present)
            identifier, instant = _id(room, mrn, time), rfc3339(time)
            ID.validate_python(identifier)
            TIME.validate_python(instant)
            parts = [_component(name, value) for name, value in zip(names, values, strict=True) if value is not None]
            file.write(
                f'{{"resourceType":"Observation","id":"{identifier}",{_head(mrn)},'
                f'"effectiveDateTime":"{instant}","component":[{",".join(parts)}]}}\n'.encode()
            )
            count += 1
    return count


@functools.lru_cache(KEPT_COMPONENTS, typed=True)
def _component(name: str, value: float | int | bool) -> str:
    """A component that the model took, as JSON."""
    found = _told(name, value)
    ObservationComponent.model_validate(found)
    return _json(found)


@functools.lru_cache(KEPT_HEADS)
def _head(mrn: str) -> str:
    """What all Observations of a patient share, as members of a JSON object; the model took it."""
    found = {"status": "final", "category": [THERAPY], "code": PANEL, "subject": _subject(mrn)}
    Observation.model_validate({"resourceType": "Observation", **found})
    return _json(found)[1:-1]


def write_encounters(stays: pl.DataFrame, file: IO[bytes]) -> int:
    """An Encounter for every stay; how many."""
    for row in stays.iter_rows(named=True):
        file.write(_line(encounter(row)))
    return len(stays)


def observation(reading: dict[str, Any]) -> dict[str, Any] | None:
    """A reading (a row of `SCHEMA`) as an Observation that the model took; None where it measured nothing.

    Its id is made of room, MRN and time: the same reading has the same id in every export.
    """
    components = list(_components(reading))
    if not components:
        return None
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "id": _id(reading["room"], reading["mrn"], reading["time"]),
        "status": "final",
        "category": [THERAPY],
        "code": PANEL,
        "subject": _subject(reading["mrn"]),
        "effectiveDateTime": rfc3339(reading["time"]),
        "component": components,
    }
    Observation.model_validate(found)
    return found


def encounter(stay: dict[str, Any]) -> dict[str, Any]:
    """A stay (a row of `STAY_SCHEMA`) as an Encounter that the model took."""
    period = {"start": rfc3339(stay["from"])}
    if stay["to"] is not None:
        period["end"] = rfc3339(stay["to"])
    found: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": _id(stay["room"], stay["mrn"], stay["from"]),
        "status": "in-progress" if stay["to"] is None else "finished",
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "IMP",
            "display": "inpatient encounter",
        },
        "subject": _subject(stay["mrn"]),
        "period": period,
    }
    if stay["room"] is not None:
        where = {"identifier": {"system": ROOM, "value": stay["room"]}, "display": f"Room {stay['room']}"}
        found["location"] = [{"location": where, "period": period}]
    Encounter.model_validate(found)
    return found


def _components(reading: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in CODES:
        if reading[name] is not None:
            yield _told(name, reading[name])


def _told(name: str, value: float | int | bool) -> dict[str, Any]:
    """A measurement as a component."""
    system, code, display, unit, ucum = CODES[name]
    found: dict[str, Any] = {"code": {"coding": [{"system": system, "code": code, "display": display}]}}
    if isinstance(value, bool):
        found["valueBoolean"] = value
    else:
        value += 0  # -0.0 is 0.0, and has to read the same whichever comes first
        found["valueQuantity"] = {"value": value, "unit": unit, "system": UCUM, "code": ucum}
    return found


def _subject(mrn: str) -> dict[str, Any]:
    return {"type": "Patient", "identifier": {"system": MRN, "value": mrn}}


def _id(room: str | None, mrn: str, time: datetime) -> str:
    return hashlib.sha256(f"{room}\0{mrn}\0{rfc3339(time)}".encode()).hexdigest()[:40]


def _line(resource: dict[str, Any]) -> bytes:
    return _json(resource).encode() + b"\n"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)

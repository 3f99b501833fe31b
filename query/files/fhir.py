"""FHIR R4 Observations and Encounters, one resource a line (the NDJSON of FHIR's bulk data).

A reading is one Observation with a component a measurement; a stay is one Encounter. Patients are named by an
identifier alone: no name, no Patient resource. Every resource passes `fhir.resources`' models of R4B, whose Observation
and Encounter are R4's; the codes are listed in docs/files.md.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any

import polars as pl
from fhir.resources.R4B.encounter import Encounter
from fhir.resources.R4B.observation import Observation

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


def write_observations(frames: Iterable[pl.DataFrame], file: IO[bytes]) -> int:
    """An Observation for every reading that measured something; how many."""
    count = 0
    for frame in frames:
        for row in frame.iter_rows(named=True):
            if (resource := observation(row)) is not None:
                file.write(_line(resource))
                count += 1
    return count


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
    for name, (system, code, display, unit, ucum) in CODES.items():
        value = reading[name]
        if value is None:
            continue
        component: dict[str, Any] = {"code": {"coding": [{"system": system, "code": code, "display": display}]}}
        if name == "mask_on":
            component["valueBoolean"] = value
        else:
            component["valueQuantity"] = {"value": value, "unit": unit, "system": UCUM, "code": ucum}
        yield component


def _subject(mrn: str) -> dict[str, Any]:
    return {"type": "Patient", "identifier": {"system": MRN, "value": mrn}}


def _id(room: str | None, mrn: str, time: datetime) -> str:
    return hashlib.sha256(f"{room}\0{mrn}\0{rfc3339(time)}".encode()).hexdigest()[:40]


def _line(resource: dict[str, Any]) -> bytes:
    return json.dumps(resource, separators=(",", ":")).encode() + b"\n"

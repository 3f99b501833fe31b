"""Forgetting a patient: nothing of that patient is left, and everything of the others is."""

import base64
import csv
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.forget import begin

PNG = b"\x89PNG\r\n\x1a\n"
MRN, NAME, OTHER = "forget-me-8241", "Marked Name", "stays-7"


@pytest.fixture
def buckets(influx: Any) -> Iterator[str]:
    """The name of a bucket of the InfluxDB under test, which has a coarser one beside it."""
    name = influx.make_bucket()
    coarser = f"{name}_1h"
    made = influx.request("POST", "/api/v2/buckets", json={"name": coarser, "orgID": influx.org_id()})
    assert made.status_code == 201
    yield name
    influx.drop_bucket(coarser)
    influx.drop_bucket(name)


def reading(mrn: str, minute: int, room: int = 1, image: bytes | None = None, **fields: Any) -> dict[str, Any]:
    """A reading of that minute."""
    found = {"room": room, "mrn": mrn, "time": f"2026-01-10T22:{minute:02d}:00Z", "spo2": 95.0, **fields}
    return found if image is None else {**found, "flow_image": base64.b64encode(PNG + image).decode()}


def digest(image: bytes) -> str:
    """The name of an image."""
    return hashlib.sha256(PNG + image).hexdigest()


def post_both(ward: Any) -> None:
    """Readings of two patients in turns, alone and in batches, with keys, names and images, one image of both."""
    assert ward.read(reading(MRN, 0, name=NAME, image=b"own")).status_code == 201
    assert ward.read(reading(MRN, 1, image=b"shared"), headers={"Idempotency-Key": "a"}).status_code == 201
    batch = [reading(MRN, 2), reading(OTHER, 2, room=2, name="Other Name", image=b"shared"), reading(MRN, 3)]
    assert ward.read(batch, headers={"Idempotency-Key": "b"}).status_code == 200
    assert ward.read(reading(OTHER, 4)).status_code == 201  # in the room where the first one lay


def patients_in(influx: Any, bucket: str) -> dict[str, int]:
    """How many values a bucket has of each patient."""
    script = f'from(bucket: "{bucket}") |> range(start: 0) |> count() |> group(columns: ["mrn"]) |> sum()'
    answer = influx.query(script)
    assert answer.status_code == 200, answer.text
    lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    return {row["mrn"]: int(row["_value"]) for row in csv.DictReader(lines)}


def mentions(folder: Path, text: str) -> list[str]:
    """The files of a folder that hold that text."""
    return [path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_nothing_is_left_of_a_patient(start: Callable[..., Any], influx: Any, buckets: str, tmp_path: Path) -> None:
    """Names, stays, receipts, stored answers, images and points go; those of others stay; the files keep no trace."""
    ward = start(influx_url=influx.url, influx_org=influx.org, influx_v2_token=influx.token, bucket=buckets)
    post_both(ward)
    influx.write(f"{buckets}_1h", f"cpap,mrn={MRN},room=1 spo2=95 1768082400000", precision="ms")
    until_forwarded(ward)
    assert mentions(tmp_path / "data", MRN)
    assert mentions(tmp_path / "data", NAME)

    answer = ward.call("DELETE", f"/v1/patients/{MRN}", role="admin")

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["removed"] == {
        "patients": 1,
        "stays": 1,
        "receipts": 4,
        "images": 1,
        "waiting": 0,
        "quarantined": 0,
        "points": 9,  # four of SpO2, two images, the two boundaries of the stay, the coarser one
    }
    assert told["left"] == {buckets: 0, f"{buckets}_1h": 0}
    assert ward.call("GET", f"/v1/patients/{MRN}", role="clinician").status_code == 404
    assert ward.call("GET", f"/v1/images/{digest(b'own')}", role="clinician").status_code == 404
    assert ward.call("GET", f"/v1/images/{digest(b'shared')}", role="clinician").status_code == 200
    assert ward.get(f"/v1/patients/{OTHER}")["name"] == "Other Name"
    assert [stay["mrn"] for stay in ward.get("/v1/rooms/1/stays")["stays"]] == [OTHER]
    assert patients_in(influx, buckets) == {OTHER: 6}
    ward.stop()
    assert mentions(tmp_path / "data", MRN) == mentions(tmp_path / "data", NAME) == []


def test_what_waits_for_influxdb_is_forgotten_too(ward: Any) -> None:
    """With InfluxDB away the database is rid of the patient at once, and the rest is promised."""
    post_both(ward)
    answer = ward.call("DELETE", f"/v1/patients/{MRN}", role="admin")
    assert (answer.status_code, answer.json()) == (202, {"status": "under-way"})
    until(lambda: not any(MRN in line for line in ward.lines()))
    assert sum(OTHER in line for line in ward.lines()) >= 4
    assert ward.call("GET", f"/v1/patients/{MRN}", role="clinician").status_code == 404
    refused = ward.read(reading(MRN, 5))
    assert (refused.status_code, refused.json()["type"]) == (503, "being-forgotten")
    assert ward.read(reading(OTHER, 6)).status_code == 201


def test_forgetting_goes_on_after_a_restart(start: Callable[..., Any], influx: Any, buckets: str) -> None:
    """A process that ends right after the promise keeps it when it starts again."""
    ward = start()  # its InfluxDB is away
    post_both(ward)
    ward.service.committer.submit(lambda tx: begin(tx, MRN))
    ward.stop()
    ward = start(influx_url=influx.url, influx_org=influx.org, influx_v2_token=influx.token, bucket=buckets)
    until(lambda: not ward.service.committer.known.forgetting)
    until_forwarded(ward)
    assert patients_in(influx, buckets) == {OTHER: 6}
    assert ward.read(reading(MRN, 9)).status_code == 201  # a patient who comes again is a new one


def test_only_an_admin_may(ward: Any) -> None:
    """Nobody else forgets a patient."""
    for role in ("monitor", "clinician", "analyst"):
        assert ward.call("DELETE", f"/v1/patients/{MRN}", role=role).status_code == 403


def until_forwarded(ward: Any) -> None:
    """Until the outbox is empty."""
    until(lambda: not ward.service.committer.known.outbox_lines)


def until(holds: Callable[[], bool]) -> None:
    """Until that is so."""
    while not holds():
        time.sleep(0.02)

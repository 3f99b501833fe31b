"""What InfluxDB refused and is sent again by hand: it says what is so by then."""

from typing import Any

from tests.ingest.test_forwarder import Influx, influx, until, ward

__all__ = ["influx", "ward"]


def test_a_boundary_that_was_corrected_meanwhile_does_not_come_back(ward: Any, influx: Influx) -> None:
    """An admission waits in quarantine and is corrected: the old boundary's line is superseded, the new one is sent."""
    influx.misbehave = lambda lines: (
        (422, {}, {"message": "no"}) if any(line.startswith("stay") for line in lines) else None
    )

    def held() -> list[dict[str, Any]]:
        return ward.call("GET", "/v1/quarantine", role="admin").json()["quarantine"]

    for number, hour in enumerate((10, 9), 1):
        body = {"mrn": 7, "time": f"2026-01-10T{hour:02d}:00:00Z"}
        assert ward.call("POST", "/v1/rooms/1/admit", body, role="clinician").status_code in (200, 201)
        until(lambda number=number: len(held()) == number)
    influx.misbehave = lambda _lines: None
    told = [ward.call("POST", f"/v1/quarantine/{row['id']}/retry", role="admin").json()["status"] for row in held()]
    assert told == ["superseded", "queued"]
    until(lambda: not ward.lines())
    assert influx.lines == ["delete", 'stay,mrn=7,room=1 event="admitted" 1768035600000']
    assert held() == []

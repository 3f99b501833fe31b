"""The pipeline's own state in InfluxDB: what is written, and that it arrives."""

import csv
import time
from collections.abc import Callable
from typing import Any

from ingest.clock import format_ms, now_ms
from ingest.pulse import points


def fields_of(line: str) -> dict[str, str]:
    """The fields of a line without blanks in its tags."""
    return dict(part.split("=", 1) for part in line.split(" ")[1].split(","))


def test_what_is_counted_is_told_without_rooms_and_patients(ward: Any) -> None:
    """Counters are summed over their labels, gauges are what they are now, and no room, MRN or name is in any line."""
    reading = {"room": "R-77", "mrn": "M-88", "name": "Ada Park", "cpap_pressure": 9.0}
    assert ward.read(reading).status_code == 201
    assert ward.read({"room": "R-77"}).status_code == 422
    assert ward.read({"room": "R-77", "mrn": "M-88", "cpap_pressure": 900.0}).status_code == 422
    (line,) = points(ward.service.metrics, "Europe/Zurich", 5)
    fields = fields_of(line)
    assert line.startswith("bedside ")
    assert line.endswith(" 5")
    assert fields["readings_accepted"] == "1i"
    assert fields["readings_rejected"] == "2i"
    assert fields["outbox_lines"] == "2i"  # the reading and the admission wait: this InfluxDB does not exist
    assert float(fields["outbox_oldest_s"]) > 0
    assert fields["timezone"] == '"Europe/Zurich"'
    assert not [word for word in ("R-77", "M-88", "Ada") if word in line]


def test_a_device_that_is_off_has_a_point_of_its_own(ward: Any) -> None:
    """A clock that is wrong by more than 30 s is told by device, one that is right is not."""
    for device, off_ms in (("fast=1", 90_000), ("right", 1_000)):
        now = now_ms() + off_ms
        token = ward.call("POST", "/v1/tokens", {"role": "monitor", "name": device}, role="admin").json()["token"]
        sent = {"room": 1, "mrn": 2, "time": format_ms(now), "sent_at": format_ms(now), "cpap_pressure": 9.0}
        answer = ward.read(sent, role=None, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 201, answer.text
    _, *devices = points(ward.service.metrics, "UTC", 5)
    (line,) = devices
    assert line.startswith("bedside,device=fast\\=1 skew_s=")
    assert 89 < float(fields_of(line)["skew_s"]) < 91


def test_it_arrives(start: Callable[..., Any], influx: Any) -> None:
    """A server makes the bucket beside that of the readings and writes its state there again and again, also where
    somebody takes the bucket away.
    """
    with influx.bucket() as bucket:
        told = {"influx_url": influx.url, "influx_org": influx.org, "influx_v2_token": influx.token, "bucket": bucket}
        server = start(**told, pulse_interval_s=0.1, timezone="Asia/Tokyo")
        script = f'from(bucket: "{bucket}-pipeline") |> range(start: -1h) |> filter(fn: (r) => r._field == "timezone")'
        for again in (False, True):
            rows: list[dict[str, str]] = []
            while len(rows) < 2:
                text = influx.query(script).text
                rows = list(csv.DictReader(line for line in text.splitlines() if line and line[0] != "#"))
                rows = [row for row in rows if "_measurement" in row]  # not the words of a 404
                time.sleep(0.05)
            assert {row["_value"] for row in rows} == {"Asia/Tokyo"}
            assert {row["_measurement"] for row in rows} == {"bedside"}
            if again:
                server.stop()
            influx.drop_bucket(f"{bucket}-pipeline")

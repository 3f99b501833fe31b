"""A house for tests of files: a running ingest API and the bucket that it forwards to, on the InfluxDB of the test."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from query import Address, Connection, Ward
from query.files.exports import Selection, stays_frame
from query.files.front_door import FrontDoor
from query.night.readings import as_readings
from tests.influx_servers import Influx
from tests.ingest import conftest as ingest

BEGIN = datetime(2026, 1, 10, 21, tzinfo=UTC)
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@dataclass
class House:
    """One ward: its API, its door for imports, and how to ask for its readings."""

    api: ingest.Ward
    door: FrontDoor
    ward: Ward

    def post(self, readings: Sequence[dict[str, Any]]) -> None:
        """Post readings as a monitor does; each must be taken."""
        body = "\n".join(map(json.dumps, readings))
        answer = self.api.read(body, headers={"Content-Type": "application/x-ndjson"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["rejected"] == 0, answer.text

    def settle(self) -> None:
        """Wait until everything that was taken has reached InfluxDB."""
        while self.api.lines():
            time.sleep(0.02)

    def readings(self) -> pl.DataFrame:
        """All that InfluxDB holds, sorted; `frames` in small pieces, so that their seams are tested, too."""
        self.settle()
        everything = Selection(None, datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
        return as_readings(pl.concat([as_readings(pl.DataFrame()), *everything.frames(self.ward, aim_rows=40)]))

    def stays(self) -> pl.DataFrame:
        """All stays of all rooms."""
        rooms = [row["room"] for row in self.api.get("/v1/rooms")["rooms"]]
        return stays_frame([stay for room in rooms for stay in self.api.get(f"/v1/rooms/{room}/stays")["stays"]])

    def images(self, folder: Path) -> Path:
        """Put the flow images of all readings into a folder, as `bedside export --images` does."""
        folder.mkdir(exist_ok=True)
        for digest in self.readings()["flow_image"].drop_nulls().unique():
            content = self.api.call("GET", f"/v1/images/{digest}", role="clinician").content
            (folder / f"{digest}.png").write_bytes(content)
        return folder


@contextmanager
def house(influx: Influx, bucket: str, data: Path) -> Iterator[House]:
    """A house that forwards to that bucket."""
    api = ingest.start_ward(
        data,
        influx_url=influx.url,
        influx_org=influx.org,
        influx_v2_token=influx.token,
        bucket=bucket,
        forward_interval_s=0.01,
    )
    door = FrontDoor(api.url, ingest.ADMIN)
    with Ward(Connection(Address(influx.url, influx.org, influx.token)), bucket=bucket, timezone="UTC") as ward:
        yield House(api, door, ward)
    door.close()
    api.stop()


def an_evening() -> list[dict[str, Any]]:
    """Two rooms for two hours, a turnover and a transfer, gaps, missing fields, floats of every length, two images."""
    found = []
    for minute in range(120):
        at = BEGIN + timedelta(minutes=minute, milliseconds=minute * 7 % 1000)
        for room, mrn in (("101", "5001" if minute < 60 else "0042"), ("102", "X-7")):
            if room == "102" and 40 <= minute < 60:
                continue
            reading: dict[str, Any] = {
                "room": room,
                "mrn": mrn,
                "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "cpap_pressure": 8 + minute / 7,
                "apnea_count": minute % 3,
                "mask_on": minute % 11 != 0,
            }
            if minute % 5:
                reading |= {"spo2": 97.0 - minute % 9, "leak_rate": 1 / (minute + 1), "breath_rate": 14}
            if minute in (30, 90):
                reading["flow_image"] = PNG
            found.append(reading)
    return found

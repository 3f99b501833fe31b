"""Two houses on the InfluxDB of the test: one with an evening's readings, shared by a module, and an empty one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.influx_servers import Influx
from tests.query.files.houses import House, an_evening, house


@pytest.fixture(scope="module")
def full(influx: Influx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with an evening in it; tests only read it."""
    with influx.bucket() as bucket, house(influx, bucket, tmp_path_factory.mktemp("full") / "data") as found:
        found.post(an_evening())
        found.api.call("POST", "/v1/rooms/103/admit", {"mrn": "9", "time": "2026-01-10T20:00:00Z"}, role="clinician")
        moved = {"mrn": "9", "to": "104", "time": "2026-01-10T22:00:00Z"}
        assert found.api.call("POST", "/v1/rooms/103/transfer", moved, role="clinician").status_code == 200
        found.settle()
        yield found


@pytest.fixture
def empty(influx: Influx, tmp_path: Path) -> Iterator[House]:
    """A house in which nothing happened yet."""
    with influx.bucket() as bucket, house(influx, bucket, tmp_path / "data") as found:
        yield found

"""Tasks as people write them write here what they write on a real InfluxDB 2.9.1."""

import json

import pytest

from tests.influx_servers import Influx
from tests.influxlite.tasks.published_tasks import NAMES, WRITTEN, run

RECORDED = json.loads(WRITTEN.read_text())


@pytest.mark.parametrize("name", NAMES)
def test_a_task_writes_what_it_writes_on_influxdb(influx: Influx, name: str) -> None:
    """The run ends the same, says the same where it fails, and leaves the same points."""
    assert run(influx, name) == RECORDED[name]

"""The pipeline that the simulator's tests share."""

import os
from collections.abc import Iterator

import pytest

from tests.influx_servers import free_ports
from tests.simulator.stack import Stack, start

KINDS = ["influxlite", *(["influxdb"] if os.environ.get("BEDSIDE_TEST_INFLUX_URL") else [])]


@pytest.fixture(scope="package", params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A pipeline for all: each test takes rooms and a ledger of its own (`fresh`) and starts again what it kills."""
    running = start(tmp_path_factory.mktemp("stack"), free_ports(2), request.param)
    yield running
    running.close()

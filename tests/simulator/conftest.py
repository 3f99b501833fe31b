"""The pipeline that the simulator's tests share."""

import os
import socket
from collections.abc import Iterator

import pytest

from tests.simulator.stack import Stack, start

KINDS = ["influxlite", *(["influxdb"] if os.environ.get("BEDSIDE_TEST_INFLUX_URL") else [])]


def free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on now."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


@pytest.fixture(scope="package", params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A pipeline for all: each test takes rooms and a ledger of its own (`fresh`) and starts again what it kills."""
    running = start(tmp_path_factory.mktemp("stack"), free_ports(), request.param)
    yield running
    running.close()

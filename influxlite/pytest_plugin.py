"""pytest finds this by itself: fixtures that give a test an InfluxDB 2 of its own.

    def test_it_is_warm(influxlite):
        influxlite.write("weather,city=Bern temperature=21.5 1767225600000000000")
        with influxlite.client() as client:
            assert client.query_api().query(f'from(bucket: "{influxlite.bucket}") |> range(start: 0)')

The server starts when the first test asks for it, in about half a second, and serves all tests of the session (with
pytest-xdist: of the worker). Each test has a bucket of its own, which is gone after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from influxlite.testing import Database, Server


@pytest.fixture(scope="session")
def influxlite_server() -> Iterator[Server]:
    """The server of the session (`influxlite.testing.Server`): for fixtures of one's own that make buckets."""
    from influxlite.testing import serve

    with serve() as server:
        yield server


@pytest.fixture
def influxlite(influxlite_server: Server) -> Iterator[Database]:
    """An empty bucket of the test's own, a `Database` (`influxlite.testing`) with `write`, `query`, `client()`."""
    with influxlite_server.bucket() as database:
        yield database

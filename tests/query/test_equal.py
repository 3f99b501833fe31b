"""All questions give equal answers on influxlite and on a real InfluxDB."""

from collections.abc import Iterator
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from query import Address, Connection, Ward, question, questions
from tests import influx_servers
from tests.influx_servers import Influx
from tests.query.conftest import TIMES, small_ward

VALUES: dict[str, Any] = {"mrn": "5001", "room": "101", "rooms": ["101", "102", "999"], "night": "2026-03-28", **TIMES}


@pytest.fixture(scope="module")
def pair(influx: Influx, filled: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ward, Ward]]:
    """The small ward on influxlite and on a real InfluxDB."""
    if influx.kind != "real":
        pytest.skip("there is nothing to compare with: no real InfluxDB was given")
    with influx_servers.server("influxlite", tmp_path_factory.mktemp("other")) as lite, lite.bucket() as bucket:
        assert lite.write(bucket, "\n".join(small_ward()), "ms").status_code == 204
        wards = []
        for server, name in ((lite, bucket), (influx, filled)):
            address = Address(server.url, server.org, server.token)
            wards.append(Ward(Connection(address), bucket=name, timezone="Europe/Vienna"))
        yield wards[0], wards[1]


@pytest.mark.parametrize("name", sorted(questions()))
def test_a_question_has_one_answer(pair: tuple[Ward, Ward], name: str) -> None:
    """Rows, order, types and values agree; floats to the twelfth digit, for sums are added in another order."""
    names = {parameter.name for parameter in question(name).parameters}
    given = {key: value for key, value in VALUES.items() if key in names}
    required = {p.name for p in question(name).parameters if p.default is None} - set(given)
    given |= dict.fromkeys(required, "101")
    first, second = (ward.ask(name, **given) for ward in pair)
    assert_frame_equal(first, second, rel_tol=1e-12, abs_tol=0.0)

"""What tests of the whole project share: the InfluxDB that they run on."""

from collections.abc import Iterator

import pytest

from tests import influx_servers
from tests.influx_servers import REAL_VARIABLES, Influx

_ran: dict[str, str] = {}


@pytest.fixture(scope="session", params=influx_servers.kinds())
def influx(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    """A running InfluxDB: influxlite always, and again on a real one where one is given (see `influx_servers`)."""
    with influx_servers.server(request.param, tmp_path_factory.mktemp(request.param)) as found:
        _ran[found.kind] = found.request("GET", "/ping").headers["X-Influxdb-Version"]
        yield found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which servers the tests that take an InfluxDB ran on."""
    if not _ran:
        return
    told = ", ".join(f"{'a real InfluxDB' if kind == 'real' else kind} {version}" for kind, version in _ran.items())
    if "real" not in influx_servers.kinds():
        told += f"; no real InfluxDB was given (set {REAL_VARIABLES[0]}, _ORG and _TOKEN, or put influxd on the PATH)"
    terminalreporter.write_line(f"InfluxDB: ran on {told}")

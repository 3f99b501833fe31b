"""What the tests of questions share: a small ward in a bucket of its own, on every InfluxDB that tests run on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from query import Address, Connection, Ward
from tests.influx_servers import Influx

EVENING = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)
"""Clocks in Vienna jump in the night that follows."""
TIMES = {"start": "2026-03-28 12:00", "stop": "2026-03-30 12:00"}


def ms(instant: datetime) -> int:
    """An instant as line protocol in milliseconds has it."""
    return round(instant.timestamp() * 1000)


def small_ward() -> list[str]:
    """Two rooms, three patients, a turnover in 101 and two nights, as line protocol in milliseconds."""
    lines = []
    for room, mrn, begin, count in (
        ("101", "5001", EVENING, 300),
        ("102", "X-000007", EVENING + timedelta(minutes=20), 500),
        ("101", "5002", EVENING + timedelta(hours=24), 240),
    ):
        lines.append(f'stay,mrn={mrn},room={room} event="admitted" {ms(begin)}')
        for i in range(count):
            at = ms(begin + timedelta(minutes=i, seconds=7 * (i % 3)))
            fields = f"breath_rate={12 + i % 7 * 0.5},cpap_pressure={8 + i % 5 * 0.5},leak_rate={i % 37 * 1.0}"
            fields += f",apnea_count={(i % 11 == 0) + (i % 23 == 0)}i,spo2={97 - i % 10 * 1.0}"
            fields += f",mask_on={'false' if i % 40 < 4 else 'true'}"
            if i % 120 == 0:
                fields += f',flow_image="{i:064x}"'
            lines.append(f"cpap,mrn={mrn},room={room} {fields} {at}")
        if mrn == "5001":
            lines.append(f'stay,mrn={mrn},room={room} event="left" {ms(begin + timedelta(hours=24))}')
    return lines


@pytest.fixture(scope="session")
def filled(influx: Influx) -> Iterator[str]:
    """A bucket that holds the small ward."""
    with influx.bucket() as bucket:
        told = influx.write(bucket, "\n".join(small_ward()), "ms")
        assert told.status_code == 204, told.text
        yield bucket


@pytest.fixture
def ward(influx: Influx, filled: str) -> Iterator[Ward]:
    """The small ward, in Vienna."""
    address = Address(influx.url, influx.org, influx.token)
    with Ward(Connection(address), bucket=filled, timezone="Europe/Vienna") as asked:
        yield asked

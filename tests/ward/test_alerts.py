"""Alerts: every published rule, judged over an InfluxDB."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from grafana import published
from tests.influx_servers import Influx
from ward.alerts import Alerts
from ward.influx import Influx as Asker
from ward.rules import EVALUATORS, Rule, humanized, seconds
from ward.settings import WardSettings

NOW_MS = 1_768_000_000_000
MINUTE_MS = 60_000


@pytest.fixture
def bucket(influx: Influx) -> Iterator[str]:
    """A bucket of its own, and one beside it for what the pipeline tells of itself."""
    with influx.bucket() as name:
        beside = {"name": f"{name}-pipeline", "orgID": influx.org_id()}
        assert influx.request("POST", "/api/v2/buckets", json=beside).status_code == 201
        yield name
        influx.drop_bucket(f"{name}-pipeline")


def alerts_of(influx: Influx, bucket: str, folder: Path, ended: list[str]) -> Alerts:
    """The published rules over that bucket. The rules name the ward's bucket; here it has another name."""
    settings = WardSettings(
        data=folder, api_url="", influx_url=influx.url, influx_org=influx.org, influx_bucket=bucket,
        read_token=influx.token,
    )  # fmt: skip
    rules = [Rule.of(rule) for rule in published.alert_rules()]
    here = [dataclasses.replace(rule, flux=rule.flux.replace('"telemetry', f'"{bucket}')) for rule in rules]
    return Alerts(settings, here, Asker(settings).ask, ended.append)


def write(influx: Influx, bucket: str, *lines: str) -> None:
    """Write points with times in ms."""
    assert influx.write(bucket, "\n".join(lines), "ms").status_code == 204


def told(alerts: Alerts) -> dict[tuple[str, str], dict[str, object]]:
    """The alerts by title and room."""
    return {(one["title"], one["labels"].get("room", "")): one for one in alerts.document({})["alerts"]}


def test_a_rule_fires_after_its_time_and_ends(influx: Influx, bucket: str, tmp_path: Path) -> None:
    """Apneas fire at once; low SpO2 is pending until it has lasted; both end with better readings, which is told."""
    ended: list[str] = []
    alerts = alerts_of(influx, bucket, tmp_path, ended)
    write(influx, bucket, f'stay,room=7,mrn=1 event="admitted" {NOW_MS - 3_600_000}')
    for at in range(NOW_MS - 10 * MINUTE_MS, NOW_MS + 1, MINUTE_MS):
        write(influx, bucket, f"cpap,room=7,mrn=1 spo2=85.0,apnea_count=3i,breath_rate=15.0,leak_rate=2.0 {at}")
    alerts.evaluate(NOW_MS)
    found = told(alerts)
    assert found[("Apneas", "7")]["state"] == "firing"
    assert found[("Low SpO2", "7")]["state"] == "pending"
    assert "3 apneas" in str(found[("Apneas", "7")]["summary"])
    alerts.evaluate(NOW_MS + 5 * MINUTE_MS - 1)
    later = NOW_MS + 5 * MINUTE_MS
    for at in range(NOW_MS + MINUTE_MS, later + 1, MINUTE_MS):
        write(influx, bucket, f"cpap,room=7,mrn=1 spo2=85.0,apnea_count=0i {at}")
    alerts.evaluate(later)
    assert told(alerts)[("Low SpO2", "7")]["state"] == "firing"
    best = later + 20 * MINUTE_MS
    for at in range(later + MINUTE_MS, best + 1, MINUTE_MS):
        write(influx, bucket, f"cpap,room=7,mrn=1 spo2=97.0,apnea_count=0i {at}")
    alerts.evaluate(best)
    assert not [key for key in told(alerts) if key[1] == "7"]
    assert any(id_.endswith("room=7") for id_ in ended)


def test_a_silent_monitor_is_an_alert(influx: Influx, bucket: str, tmp_path: Path) -> None:
    """A room where somebody lies and nothing comes is told, and so is a pipeline of which nothing is heard."""
    alerts = alerts_of(influx, bucket, tmp_path, [])
    write(
        influx, bucket, f"stay,room=7,mrn=1 event=\"admitted\" {NOW_MS - 7_200_000}",
        f"cpap,room=7,mrn=1 spo2=95.0 {NOW_MS - 3_600_000}",
    )  # fmt: skip
    alerts.evaluate(NOW_MS)
    found = told(alerts)
    assert found[("Silent monitor", "7")]["value"] == pytest.approx(3600, abs=60)
    assert found[("Silent monitor", "7")]["summary"] == "Room 7: no reading for 1h 0m 0s"
    assert found[("Readings do not reach InfluxDB", "")]["value"] is None


def test_an_influxdb_that_is_away_is_a_problem_and_no_end(influx: Influx, bucket: str, tmp_path: Path) -> None:
    """While a rule cannot be looked at its alerts stay, and the page is told which rules that are."""
    ended: list[str] = []
    alerts = alerts_of(influx, bucket, tmp_path, ended)
    write(influx, bucket, f"cpap,room=7,mrn=1 apnea_count=3i {NOW_MS - MINUTE_MS}")
    alerts.evaluate(NOW_MS)
    assert ("Apneas", "7") in told(alerts)
    nowhere = WardSettings(data=tmp_path, api_url="", influx_url="http://127.0.0.1:9")
    alerts._ask = Asker(nowhere).ask
    alerts.evaluate(NOW_MS + MINUTE_MS)
    assert ("Apneas", "7") in told(alerts)
    assert len(alerts.document({})["problems"]) == len(published.alert_rules())
    assert not ended


def test_every_published_rule_is_known() -> None:
    """Each rule's evaluator and duration are ones that this page understands, and each says what it is not for."""
    for given in published.alert_rules():
        rule = Rule.of(given)
        assert rule.evaluator in EVALUATORS
        assert "not for active patient monitoring" in rule.description
        assert "{{" not in rule.told({"room": "7"}, 1.0)
    assert [humanized(s) for s in (0.25, 59.9, 2476.4, 93_605)] == ["0.25s", "59s", "41m 16s", "1d 2h 0m 5s"]
    assert seconds("1h30m") == 5400
    assert seconds("0s") == 0

"""The report and the questions in Flux are two ways to the same figures: they agree, on every InfluxDB."""

from datetime import date
from typing import Any

import pytest

from query import Ward
from query.night.bounds import night_bounds
from query.night.coverage import reach
from query.night.figures import night_figures
from query.night.readings import as_readings

SUMMARY = {
    "readings": "readings",
    "covered_h": "covered_s",
    "usage_h": "usage_s",
    "apneas": "apneas",
    "apnea_index": "apnea_index",
    "pressure_median": "pressure_median",
    "pressure_p95": "pressure_p95",
    "leak_median": "leak_median",
    "leak_p95": "leak_p95",
    "large_leak_h": "large_leak_s",
    "breath_rate_median": "breath_rate_median",
    "spo2_min": "spo2_min",
    "spo2_below_90_h": "spo2_below_90_s",
}
"""Columns of the question by the report's names; hours there are seconds here."""


@pytest.mark.parametrize(("mrn", "night"), [("5001", 28), ("X-000007", 28), ("5002", 29)])
def test_the_questions_give_the_reports_figures(ward: Ward, mrn: str, night: int) -> None:
    """`night_summary` and `nights` equal the report's figures, also in the night in which clocks jump."""
    day = date(2026, 3, night)
    start, stop = night_bounds(day, ward.zone)
    around = reach(60)
    readings = as_readings(ward.readings(mrn=mrn, start=start - around, stop=stop + around))
    found = night_figures(readings, day, ward.zone)

    def told(name: str) -> Any:
        value = getattr(found, SUMMARY[name])
        return value / 3600 if name.endswith("_h") else value

    (summary,) = ward.night_summary(mrn=mrn, night=day).to_dicts()
    assert {name: summary[name] for name in SUMMARY} == pytest.approx({name: told(name) for name in SUMMARY})
    nights = ward.nights(mrn=mrn, start=start, stop=stop)
    (row,) = [row for row in nights.to_dicts() if row["night"] == day]
    shared = [name for name in SUMMARY if name in row]
    assert {"usage_h", "apneas", "leak_p95"} <= set(shared)
    assert {name: row[name] for name in shared} == pytest.approx({name: told(name) for name in shared})

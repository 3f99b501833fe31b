"""The ward that the tests of the page look at: a day and a half of four rooms, in which known things happen.

101 Ada Park lies there all the time; her monitor went quiet 20 minutes ago. 102 Ben Ito: steady. 103: Cleo Lund until
the turnover 20 hours ago, Dina Okoye since. 104 Emil Frey: three apneas in the newest reading.
"""

import json
import time
from dataclasses import dataclass

import requests

MINUTE_MS = 60_000
HOURS = 36
TURNOVER_MINUTES_AGO, QUIET_MINUTES = 20 * 60, 20
NAMES = {"5001": "Ada Park", "5002": "Ben Ito", "5003": "Cleo Lund", "5004": "Dina Okoye", "5005": "Emil Frey"}


@dataclass(frozen=True)
class Story:
    """What was posted: `now_ms` is the minute at which the story ends, `turnover_ms` when room 103 turned over."""

    now_ms: int
    turnover_ms: int


def _reading(room: str, mrn: str, at_ms: int, now_ms: int) -> dict[str, object]:
    minute = at_ms // MINUTE_MS
    newest = at_ms == now_ms
    return {
        "room": room,
        "mrn": mrn,
        "name": NAMES[mrn],
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_ms / 1000)),
        "cpap_pressure": 8.0 + minute % 3,
        "breath_rate": 14.0 + minute % 5 / 2,
        "apnea_count": 3 if room == "104" and newest else 0,
        "leak_rate": 6.0 + minute % 7,
        "spo2": 96.0 - minute % 2,
        "mask_on": True,
    }


def _patient(room: str, minutes_ago: int) -> str:
    if room == "103":
        return "5003" if minutes_ago > TURNOVER_MINUTES_AGO else "5004"
    return {"101": "5001", "102": "5002", "104": "5005"}[room]


def tell(url: str, token: str) -> Story:
    """Post the story to the ingest API."""
    now_ms = int(time.time() * 1000) // MINUTE_MS * MINUTE_MS
    for room in ("101", "102", "103", "104"):
        last = QUIET_MINUTES if room == "101" else 0
        minutes = range(HOURS * 60, last - 1, -1)
        lines = [json.dumps(_reading(room, _patient(room, ago), now_ms - ago * MINUTE_MS, now_ms)) for ago in minutes]
        answer = requests.post(
            f"{url}/v1/readings",
            data="\n".join(lines),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"},
        )
        assert answer.json()["rejected"] == 0, answer.text[:500]
    return Story(now_ms, now_ms - TURNOVER_MINUTES_AGO * MINUTE_MS)

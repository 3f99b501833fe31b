"""The ward's desk against the real pipeline: what it does where others were quicker."""

import threading
from pathlib import Path
from random import Random

import requests

from simulator.ledger import Ledger
from simulator.link import Link
from simulator.report import Tally
from simulator.room_feed import Desk
from simulator.times import MINUTE_MS, now_ms, rfc3339
from simulator.ward import Patient, Stay
from tests.simulator.stack import ADMIN, Stack


def test_an_admission_that_later_readings_overtook_is_left_to_the_first_reading(stack: Stack, tmp_path: Path) -> None:
    """The patient lies in another room from later on already: that is neither an admission nor a surprise."""
    headers = {"Authorization": f"Bearer {ADMIN}"}
    admitted_ms = now_ms() // MINUTE_MS * MINUTE_MS - 60 * MINUTE_MS
    later = {"room": "desk-2", "mrn": "desk-moved", "time": rfc3339(admitted_ms + 30 * MINUTE_MS), "spo2": 95}
    assert requests.post(f"{stack.options.url}/v1/readings", json=later, headers=headers).status_code == 201
    tally = Tally()
    link = Link(stack.options.url, ADMIN, patience_s=30, stop=threading.Event(), tally=tally, chance=Random(1))
    desk = Desk(link, Ledger(tmp_path / "desk.jsonl"), tally)
    assert not desk.turn(None, Stay("desk-1", Patient("desk-moved", "Moved Patient"), admitted_ms, "transfer"))
    assert not tally.surprises()

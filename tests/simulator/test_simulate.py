"""A simulated ward against the real pipeline: what it sends is kept, and what is not kept is found."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from simulator import FAULTS, OptionsError, Progress, SimulateOptions, simulate, stress, verify
from simulator.ledger import Account, Entry, Ledger, load
from simulator.reading import Reading
from simulator.times import DAY_MS, MINUTE_MS, from_rfc3339, now_ms, rfc3339
from tests.simulator.stack import ADMIN, Stack, fresh

NOON_MS = now_ms() // DAY_MS * DAY_MS - 3 * DAY_MS + 12 * 60 * MINUTE_MS


def test_a_night_with_every_fault_is_kept_whole(stack: Stack, tmp_path: Path) -> None:
    """After lost answers, outages, late batches, drift, duplicates, two monitors: none lost, doubled or mixed up."""
    options = fresh(stack.options, tmp_path, "every", rooms=6, hours=26, faults=tuple(FAULTS), batch_size=120)
    report = simulate(options)
    assert report.ok, report.lines()
    assert report.verdict is not None
    assert report.verdict.readings > 6 * 26 * 60
    assert report.verdict.stays_checked > 6
    for happened in (report.late, report.repeated, report.skew_corrected, report.lost_answers, report.admissions):
        assert happened > 0, report.to_dict()


def test_a_clean_ward_has_nothing_to_correct(stack: Stack, tmp_path: Path) -> None:
    """Without faults no reading is late, repeated or corrected, and every room's stays are those of the ward."""
    options = fresh(stack.options, tmp_path, "clean", rooms=5, hours=26)
    report = simulate(options)
    assert report.ok, report.lines()
    assert (report.late, report.repeated, report.skew_corrected, report.refused) == (0, 0, 0, 0)
    assert report.sent == report.acknowledged == 5 * 26 * 60


def test_a_rate_holds_a_ward_back(stack: Stack, tmp_path: Path) -> None:
    """At 200 readings a second 400 of them take two seconds, however fast the server is."""
    options = fresh(stack.options, tmp_path, "paced", rooms=2, hours=200 / 60, batch_size=10, rate=200)
    report = simulate(options)
    assert report.ok, report.lines()
    assert report.acknowledged == 400
    assert report.seconds >= 400 / 200


def test_the_same_seed_and_start_send_the_same_readings(stack: Stack, tmp_path: Path) -> None:
    """A second run in a new ledger holds the same readings, and leaves nothing new in the database."""
    options = fresh(stack.options, tmp_path, "again", rooms=3, hours=5, start_ms=NOON_MS, faults=tuple(FAULTS))
    assert simulate(options).ok
    second = replace(options, ledger=tmp_path / "second.jsonl", batch_size=77, workers=1)
    report = simulate(second)
    assert report.ok, report.lines()
    assert contents(load(tmp_path / "again.jsonl")) == contents(load(tmp_path / "second.jsonl"))


def contents(account: Account) -> dict[tuple[str, str, int], dict]:
    """What was acknowledged, by identity."""
    return {identity: entry.acknowledged for identity, entry in account.entries.items()}


def test_history_goes_on_live_until_stopped(stack: Stack, tmp_path: Path) -> None:
    """In mode `both` readings go on in real time after the history, and end without an error when stopped."""
    stop, phases = threading.Event(), set()

    def tell(progress: Progress) -> None:
        phases.add(progress.phase)
        if progress.phase == "live" and progress.done > 2 * 60 + 20:
            stop.set()

    options = fresh(
        stack.options,
        tmp_path,
        "live",
        rooms=2,
        hours=1,
        mode="both",
        verify=False,
        live_interval_s=0.1,
        night_at_end=True,
    )
    report = simulate(options, tell, stop)
    assert report.ok, report.lines()
    assert phases == {"backfill", "live"}
    account = load(tmp_path / "live.jsonl")
    newest = max(entry.at_ms for entry in account.entries.values())
    assert abs(newest - now_ms()) < 60_000
    assert verify(options).ok


@pytest.fixture
def kept(stack: Stack, tmp_path: Path) -> tuple[Stack, SimulateOptions, list[Entry]]:
    """A small ward that is kept whole, its options, and its readings in order."""
    name = f"kept{abs(hash(str(tmp_path))) % 997}"
    options = fresh(
        stack.options, tmp_path, name, rooms=1, hours=1, start_ms=NOON_MS + 11 * 60 * MINUTE_MS, settle_s=0.5
    )
    assert simulate(options).ok
    assert options.ledger is not None
    return stack, options, sorted(load(options.ledger).entries.values(), key=lambda entry: entry.at_ms)


def point(entry: Entry, fields: str, *, mrn: str | None = None, at_ms: int | None = None) -> str:
    """A line of line protocol for that reading, or beside it."""
    return f"cpap,mrn={mrn or entry.mrn},room={entry.room} {fields} {entry.at_ms if at_ms is None else at_ms}"


def test_a_lost_reading_is_found(kept: tuple[Stack, SimulateOptions, list[Entry]]) -> None:
    """A point that is taken away is one lost reading, and nothing else."""
    stack, options, entries = kept
    at_ms = entries[7].at_ms
    stack.target.delete(rfc3339(at_ms - 1), rfc3339(at_ms + 1), f'_measurement="cpap" AND room="{entries[7].room}"')
    verdict = verify(options)
    assert (verdict.lost, verdict.faults) == (1, 1), verdict


def test_a_value_that_differs_is_found(kept: tuple[Stack, SimulateOptions, list[Entry]]) -> None:
    """A value that is overwritten is one altered reading; so is a field that nobody sent."""
    stack, options, entries = kept
    stack.target.write(point(entries[3], "cpap_pressure=59.5"))
    stack.target.write(point(entries[4], 'flow_image="made up"'))
    verdict = verify(options)
    assert (verdict.altered, verdict.faults) == (2, 2), verdict


def test_a_reading_under_another_patient_is_found(kept: tuple[Stack, SimulateOptions, list[Entry]]) -> None:
    """A copy under another MRN is misattributed; when the right one is gone it is not also lost."""
    stack, options, entries = kept
    for entry, gone in ((entries[3], False), (entries[9], True)):
        fields = ",".join(
            f"{name}={value!r}".replace("True", "true").replace("False", "false")
            + ("i" if isinstance(value, int) and not isinstance(value, bool) else "")
            for name, value in entry.acknowledged.items()
            if name != "flow_image"
        )
        assert "flow_image" not in entry.acknowledged, "choose another minute of the night"
        stack.target.write(point(entry, fields, mrn="somebody-else"))
        if gone:
            predicate = f'_measurement="cpap" AND room="{entry.room}" AND mrn="{entry.mrn}"'
            stack.target.delete(rfc3339(entry.at_ms - 1), rfc3339(entry.at_ms + 1), predicate)
    verdict = verify(options)
    assert (verdict.misattributed, verdict.faults) == (2, 2), verdict


def test_a_point_that_nobody_sent_is_found(kept: tuple[Stack, SimulateOptions, list[Entry]]) -> None:
    """A point of the room is unknown wherever in time it is."""
    stack, options, entries = kept
    stack.target.write(point(entries[0], "spo2=90.0", at_ms=entries[0].at_ms + 17))
    stack.target.write(point(entries[0], "spo2=90.0", at_ms=1_000_000_000_000))
    verdict = verify(options)
    assert (verdict.unknown, verdict.faults) == (2, 2), verdict


def test_a_boundary_that_is_missing_or_made_up_is_found(kept: tuple[Stack, SimulateOptions, list[Entry]]) -> None:
    """The points of stays are held against the stays in both directions."""
    stack, options, entries = kept
    entry = entries[0]
    stack.target.write(f'stay,mrn={entry.mrn},room={entry.room} event="left" {entry.at_ms + 5}')
    stack.target.delete(rfc3339(NOON_MS), rfc3339(entry.at_ms + 1), f'_measurement="stay" AND room="{entry.room}"')
    verdict = verify(options)
    assert (verdict.stays, verdict.faults) == (2, 2), verdict


def test_a_boundary_on_its_way_is_waited_for(kept: tuple[Stack, SimulateOptions, list[Entry]]) -> None:
    """A point of a stay may come after those of its readings: the outbox holds it a moment longer."""
    stack, options, entries = kept
    where = f"{options.url}/v1/rooms/{entries[0].room}/stays"
    stay = requests.get(where, headers={"Authorization": f"Bearer {ADMIN}"}, timeout=30).json()["stays"][0]
    stack.target.delete(rfc3339(NOON_MS), stay["from"], f'_measurement="stay" AND room="{stay["room"]}"')
    assert verify(options).stays == 1
    line = f'stay,mrn={stay["mrn"]},room={stay["room"]} event="admitted" {from_rfc3339(stay["from"])}'
    late = threading.Timer(1.0, stack.target.write, [line])
    late.start()
    verdict = verify(replace(options, settle_s=60))
    late.join()
    assert verdict.ok, verdict


def test_a_stay_that_ends_too_early_is_found(kept: tuple[Stack, SimulateOptions, list[Entry]]) -> None:
    """Readings after a discharge that should not have been lie in no stay."""
    _, options, entries = kept
    told = requests.post(
        f"{options.url}/v1/rooms/{entries[0].room}/discharge",
        json={"time": rfc3339(entries[50].at_ms)},
        headers={"Authorization": f"Bearer {ADMIN}"},
        timeout=30,
    )
    assert told.status_code == 200, told.text
    verdict = verify(replace(options, settle_s=5))
    assert verdict.stays >= 10, verdict
    assert verdict.lost == verdict.unknown == 0


@pytest.mark.parametrize(("true_ms", "wrong"), [(-200, 0), (200, 1)], ids=["before the discharge", "after it"])
def test_a_corrected_reading_may_lie_where_it_was_measured(
    stack: Stack, tmp_path: Path, true_ms: int, wrong: int
) -> None:
    """A clock's correction that is a little off may bring a reading past a discharge by hand, and no further."""
    options = fresh(stack.options, tmp_path, f"edge{wrong}", rooms=1, settle_s=5)
    room, mrn, headers = str(options.first_room), str(options.first_mrn), {"Authorization": f"Bearer {ADMIN}"}
    ledger = Ledger(options.ledger)
    for after_ms, at_ms in ((-MINUTE_MS, -MINUTE_MS), (200, true_ms)):
        stored = Reading(room, mrn, NOON_MS + after_ms, NOON_MS + after_ms, {"spo2": 95.0}, device="edge")
        number = ledger.sent([replace(stored, at_ms=NOON_MS + at_ms, stamp_ms=NOON_MS + after_ms)])
        wire = stored.to_wire(as_text=True)
        told = requests.post(f"{options.url}/v1/readings", json=wire, headers=headers, timeout=30)
        assert told.status_code == 201, told.text
        ledger.acknowledged(number, [(0, NOON_MS + after_ms, told.json()["flags"])])
    ledger.close()
    where = f"{options.url}/v1/rooms/{room}/discharge"
    assert requests.post(where, json={"time": rfc3339(NOON_MS)}, headers=headers, timeout=30).status_code == 200
    verdict = verify(options)
    assert (verdict.stays, verdict.faults) == (wrong, wrong), verdict


def test_concurrent_turnovers_lose_nothing(stack: Stack, tmp_path: Path) -> None:
    """32 clients who name ever other patients in two rooms leave stays apart and every reading once."""
    report = stress(fresh(stack.options, tmp_path, "stress"), posts=1_000)
    assert report.ok, report.lines()
    assert report.acknowledged == 1_000
    assert report.verdict is not None
    assert report.verdict.stays_checked > 200


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"rooms": 0}, "--rooms"),
        ({"hours": 0}, "--nights"),
        ({"batch_size": 10_001}, "--batch-size"),
        ({"faults": ("gremlins",)}, "faults"),
        ({"mode": "live", "verify": True}, "--verify"),
        ({"verify": True}, "ledger"),
        ({"start_ms": NOON_MS, "hours": 240}, "--start"),
    ],
)
def test_options_that_make_no_sense_are_named(change: dict, named: str) -> None:
    """The error names the option before anything is sent."""
    with pytest.raises(OptionsError, match=named):
        simulate(SimulateOptions(**change))


def test_a_wrong_token_is_reported_not_retried_for_ever(stack: Stack, tmp_path: Path) -> None:
    """401 is no reason to go on: the report says so, and nothing counts as acknowledged."""
    options = fresh(
        stack.options, tmp_path, "token", rooms=1, hours=1, token="wrong", clinician_token=None, verify=False
    )
    report = simulate(options)
    assert not report.ok
    assert report.acknowledged == 0
    assert any(sentence.startswith("401") for sentence in report.surprises)


def test_a_ward_takes_over_rooms_that_another_one_left(stack: Stack, tmp_path: Path) -> None:
    """Whoever lies in the rooms from an earlier simulation leaves when this one's patients come."""
    start_ms = NOON_MS + 6 * 60 * MINUTE_MS
    earlier = fresh(stack.options, tmp_path, "over", rooms=2, hours=2, start_ms=start_ms)
    assert simulate(earlier).ok
    later = replace(earlier, start_ms=start_ms + 3 * 60 * MINUTE_MS, first_mrn=earlier.first_mrn + 500)
    report = simulate(later)
    assert report.ok, report.lines()
    assert report.admissions == 1, "every other room has a desk"

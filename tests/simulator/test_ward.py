"""The ward keeps its promises: one patient a room, one room a patient, somebody changes every noon."""

from simulator.times import DAY_MS, HOUR_MS
from simulator.ward import Ward

START = 1_770_000_000_000


def lying(ward: Ward, at_ms: int) -> dict[str, str]:
    """Who lies where at that instant: MRN by room."""
    return {room: ward.stay_at(room, at_ms).patient.mrn for room in ward.rooms}


def test_a_patient_lies_in_one_room_at_any_instant() -> None:
    """At every hour of two weeks no MRN is in two rooms."""
    ward = Ward(7, 12, START)
    for hour in range(14 * 24):
        there = lying(ward, START + hour * HOUR_MS)
        assert len(set(there.values())) == 12


def test_every_noon_somebody_changes_and_some_change_rooms() -> None:
    """Each turnover changes at least one room, none happens between, and patients who move keep their MRN."""
    ward = Ward(7, 12, START)
    seen, moved = {}, 0
    for noon in ward.turnovers(START, START + 14 * DAY_MS):
        assert noon % DAY_MS == 12 * HOUR_MS
        before, after = lying(ward, noon - 1), lying(ward, noon)
        assert before != after
        assert lying(ward, noon + DAY_MS - 1) == after
        moved += sum(before[room] != after[room] and after[room] in before.values() for room in ward.rooms)
        seen.update(after)
    assert moved >= 7


def test_a_ward_is_the_same_however_far_and_in_what_order_it_is_asked() -> None:
    """The order of questions changes no answer."""
    far, near = Ward(7, 12, START), Ward(7, 12, START)
    last = lying(far, START + 9 * DAY_MS)
    for hour in range(9 * 24):
        at = START + hour * HOUR_MS
        assert lying(near, at) == lying(far, at)
    assert lying(near, START + 9 * DAY_MS) == last
    assert lying(Ward(8, 12, START), START + 9 * DAY_MS) != last


def test_an_evening_ward_turns_over_in_its_evening() -> None:
    """With its own noon and turnover hour the ward changes at that hour, also past midnight."""
    ward = Ward(7, 4, START, noon_hour=20.5, turnover_after_noon_h=6)
    (change,) = ward.turnovers(START, START + DAY_MS)
    assert change % DAY_MS == int(2.5 * HOUR_MS)
    assert lying(ward, change - 1) != lying(ward, change)

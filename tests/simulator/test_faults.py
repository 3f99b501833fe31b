"""What the faults do to a stream of readings: they delay, repeat, split and misdate, and never lose one."""

import pytest

from simulator.errors import OptionsError
from simulator.faults import FAULTS, Fault, Loss, assign, names
from simulator.reading import Reading
from simulator.times import DAY_MS, MINUTE_MS

START = 1_770_000_000_000
STREAM = [
    Reading("101", "5001", at, at, {"cpap_pressure": 9.5, "apnea_count": 1, "spo2": 95.0}, "d")
    for at in range(START, START + 2 * DAY_MS, MINUTE_MS)
]


def through(fault: Fault) -> list[Reading]:
    """What a monitor with that fault sends of the stream."""
    return [ready for reading in STREAM for ready in fault.hand_over(reading)] + fault.empty()


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_fault_loses_or_changes_a_reading(name: str, seed: int) -> None:
    """Put together by identity, what is sent is exactly what was measured."""
    sent: dict[int, dict] = {}
    for reading in through(FAULTS[name](seed, "101")):
        fields = sent.setdefault(reading.at_ms, {})
        for field, value in reading.fields.items():
            assert fields.setdefault(field, value) == value
    assert sent == {reading.at_ms: reading.fields for reading in STREAM}


def test_an_outage_holds_readings_back_and_keeps_their_order() -> None:
    """After an outage comes everything in order; during it comes nothing for at least 20 readings."""
    fault = FAULTS["outage"](1, "101")
    counts = [len(fault.hand_over(reading)) for reading in STREAM]
    assert max(counts) >= 20
    assert counts[:60] == [1] * 60
    assert [r.at_ms for r in through(FAULTS["outage"](1, "101"))] == [r.at_ms for r in STREAM]


def test_late_readings_come_after_newer_ones() -> None:
    """Some readings are overtaken, and none by more than 412."""
    order = [r.at_ms for r in through(FAULTS["late"](1, "101"))]
    overtaken = [index for index in range(1, len(order)) if order[index] < order[index - 1]]
    assert len(overtaken) > 10
    assert order != sorted(order)


def test_duplicates_repeat_and_split() -> None:
    """There are more sent than measured, and some are parts without or with nothing but saturation."""
    sent = through(FAULTS["duplicates"](1, "101"))
    assert len(sent) > len(STREAM) * 1.1
    assert any(set(r.fields) == {"spo2"} for r in sent)
    assert any("spo2" not in r.fields for r in sent)


def test_a_drifting_clock_is_off_by_more_than_is_tolerated_and_drifts() -> None:
    """Each clock is off by 45 s or more (30 s are tolerated), and a day later by something else."""
    for seed in range(20):
        clock = FAULTS["drift"](seed, "101")
        first, later = clock.offset_ms(START), clock.offset_ms(START + DAY_MS)
        assert abs(first) >= 45_000
        assert 2_000 <= abs(later - first) <= 20_000


def test_about_one_answer_in_twelve_is_lost_in_both_ways() -> None:
    """Lost answers are as frequent as the fault says, half of each kind."""
    fault = FAULTS["lost"](1, "101")
    fates = [fault.lose() for _ in range(6_000)]
    assert 200 < fates.count(Loss.IGNORED) < 300
    assert 200 < fates.count(Loss.CUT) < 300


@pytest.mark.parametrize("rooms", [1, 2, 5, 12])
def test_every_room_has_a_fault_and_every_fault_a_room(rooms: int) -> None:
    """However small the ward, `all` shows every fault; the network's fault is everybody's."""
    assigned = assign(names("all"), [str(101 + index) for index in range(rooms)], 7)
    assert {fault.name for mine in assigned.values() for fault in mine} == set(FAULTS)
    for mine in assigned.values():
        assert "lost" in {fault.name for fault in mine}
        assert len(mine) >= 2


def test_a_fault_that_does_not_exist_is_named() -> None:
    """The error says which name is wrong and which there are."""
    assert names("late, drift") == ("late", "drift")
    with pytest.raises(OptionsError, match=r"'gremlins'.*lost, outage"):
        names("late,gremlins")

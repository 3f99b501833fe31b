"""A night looks like a night: within the device's bounds, apneas in clusters, saturation after them, mask on."""

import base64
import statistics
import struct
import zlib

import pytest

from simulator.physiology import MINUTES, Body, Night, noon_before, titration
from simulator.times import DAY_MS, MINUTE_MS

NOON = noon_before(1_770_000_000_000, 12)
NIGHTS = [Night(7, str(mrn), NOON + day * DAY_MS) for mrn in range(5001, 5013) for day in range(2)]
BOUNDS = {
    "cpap_pressure": (float, 0, 60),
    "breath_rate": (float, 0, 150),
    "apnea_count": (int, 0, 1000),
    "leak_rate": (float, 0, 300),
    "spo2": (float, 0, 100),
    "mask_on": (bool, False, True),
}


def samples(night: Night, interval_ms: int = MINUTE_MS) -> list[dict]:
    """A whole day of readings at that interval."""
    first = night.noon_ms + interval_ms - 1
    return [night.sample(at, interval_ms) for at in range(first, night.noon_ms + DAY_MS, interval_ms)]


def test_every_field_is_of_its_type_and_within_the_contract() -> None:
    """No sample of any patient leaves the contract's types and bounds."""
    for night in NIGHTS:
        for sample in samples(night):
            for name, value in sample.items():
                if name != "flow_image":
                    kind, least, most = BOUNDS[name]
                    assert type(value) is kind, name
                    assert least <= value <= most, name


def test_the_same_seed_makes_the_same_night_and_another_seed_another() -> None:
    """A night depends on seed, patient and date, and on nothing else."""
    again = Night(7, NIGHTS[0].mrn, NIGHTS[0].noon_ms)
    assert samples(again) == samples(NIGHTS[0])
    assert samples(Night(8, NIGHTS[0].mrn, NIGHTS[0].noon_ms)) != samples(NIGHTS[0])
    assert samples(Night(7, "another", NIGHTS[0].noon_ms)) != samples(NIGHTS[0])


def test_apneas_come_in_clusters() -> None:
    """Counts in stretches of twenty minutes vary far more than those of independent events would."""
    ratios = []
    for night in NIGHTS:
        asleep = [m for m in range(MINUTES) if night.stages[m] != "wake" and night.mask_on[m]]
        minutes = [0] * MINUTES
        for start in night.starts_ms:
            minutes[start // MINUTE_MS] += 1
        counts = [sum(minutes[m] for m in asleep[i : i + 20]) for i in range(0, len(asleep) - 20, 20)]
        if sum(counts) >= 20:
            ratios.append(statistics.variance(counts) / statistics.mean(counts))
    assert len(ratios) > 5
    assert statistics.median(ratios) > 2, "a Poisson process has a ratio of 1"


def test_apneas_happen_asleep_and_with_the_mask_on_and_never_overlap() -> None:
    """Each apnea begins in a minute of sleep with the mask on, after the one before has ended."""
    for night in NIGHTS:
        for start in night.starts_ms:
            assert night.mask_on[start // MINUTE_MS]
            assert night.stages[start // MINUTE_MS] != "wake"
        assert all(end <= start for end, start in zip(night.ends_ms, night.starts_ms[1:], strict=False))


def test_saturation_dips_after_an_apnea() -> None:
    """Half a minute after an apnea saturation is lower than where no apnea was for five minutes, by more than noise."""
    after, calm = [], []
    for night in NIGHTS:
        for end in night.ends_ms:
            at = night.noon_ms + end + 40_000
            sample = night.sample(at, MINUTE_MS)
            after += [night.body.spo2 - float(sample["spo2"])] if "spo2" in sample else []
        for minute in range(10, MINUTES):
            near = [s for s in night.ends_ms if (minute - 5) * MINUTE_MS < s < (minute + 1) * MINUTE_MS]
            sample = night.sample(night.noon_ms + minute * MINUTE_MS, MINUTE_MS)
            calm += [night.body.spo2 - float(sample["spo2"])] if "spo2" in sample and not near else []
    assert statistics.mean(after) > 2
    assert abs(statistics.mean(calm)) < 0.1


def test_pressure_climbs_with_apneas_and_comes_down_without() -> None:
    """The device titrates: more pressure right after a cluster than an hour later, within the patient's bounds."""
    body = Body.of(7, "5001")
    pressures = titration(body, [True] * MINUTES, [m * MINUTE_MS for m in range(60, 75)])
    assert pressures[75] > pressures[59] + 2
    assert pressures[75 + 120] < pressures[75]
    assert max(pressures) <= body.pressure_max
    assert pressures[0] < pressures[30], "a night begins with a ramp"


def test_the_mask_is_off_by_day_and_on_by_night() -> None:
    """Nobody wears the mask at one in the afternoon; almost everybody does around midnight."""
    assert not any(night.mask_on[60] for night in NIGHTS)
    assert sum(night.mask_on[12 * 60] for night in NIGHTS) > 0.8 * len(NIGHTS)


def test_a_mask_that_is_off_measures_no_breath() -> None:
    """Without the mask there is neither breath, nor leak, nor saturation, and no pressure."""
    for sample in samples(NIGHTS[0]):
        assert ("breath_rate" in sample) == ("spo2" in sample) == ("leak_rate" in sample) == sample["mask_on"]
        assert sample["mask_on"] or sample["cpap_pressure"] == 0


@pytest.mark.parametrize("interval_ms", [5_000, 60_000, 300_000])
def test_apneas_are_counted_once_at_any_interval(interval_ms: int) -> None:
    """The counts of a day add up to its apneas, however often the device reports."""
    for night in NIGHTS[:4]:
        assert sum(sample["apnea_count"] for sample in samples(night, interval_ms)) == len(night.starts_ms)


def test_the_flow_image_is_a_png_that_says_so_itself() -> None:
    """Signature, sizes and checksums are those of the standard, and the pixels are all there."""
    images = [s["flow_image"] for night in NIGHTS[:6] for s in samples(night) if "flow_image" in s]
    assert images
    for image in images:
        data = base64.b64decode(image)
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        at, kinds, pixels = 8, [], b""
        while at < len(data):
            length, kind = struct.unpack(">I4s", data[at : at + 8])
            body = data[at + 8 : at + 8 + length]
            assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
            kinds.append(kind)
            pixels += body if kind == b"IDAT" else b""
            at += 12 + length
        assert kinds == [b"IHDR", b"IDAT", b"IEND"]
        width, height = struct.unpack(">II", data[16:24])
        assert len(zlib.decompress(pixels)) == height * (width + 1)

"""A night under CPAP, condensed to what a device reports once a minute.

Built from what sleep laboratories describe rather than from any recording: sleep in cycles of about 90 minutes with
deep sleep early and REM sleep late (Carskadon and Dement, *Normal Human Sleep*), obstructive apneas in clusters that
are denser in REM sleep, an auto-titrating pressure that climbs with each event and decays between them, a leak that
jumps when the mask shifts, and oxygen saturation that dips half a minute after an apnea ends, deeper for longer ones.
The numbers look right on a chart; they are no model for clinical use.
"""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from random import Random

from simulator.chance import dice
from simulator.flow_image import flow_image
from simulator.times import DAY_MS, HOUR_MS, MINUTE_MS

MINUTES = DAY_MS // MINUTE_MS
DESATURATION_MS = 90_000
"""How long after an apnea's end saturation is still below its baseline."""


@dataclass(frozen=True, slots=True)
class Body:
    """What stays the same about a patient from night to night.

    `events_per_hour` remain under treatment; pressures in cmH2O, `breath_rate` per minute, `leak` in L/min, `spo2`
    in %, `bedtime_h` in hours after noon, `sleep_h` in hours; `endurance` is the chance that the mask stays on
    until the morning.
    """

    events_per_hour: float
    pressure_min: float
    pressure_max: float
    breath_rate: float
    leak: float
    spo2: float
    bedtime_h: float
    sleep_h: float
    endurance: float

    @classmethod
    def of(cls, seed: int, mrn: str) -> "Body":
        """The body of that patient: the same for the same seed and MRN."""
        chance = dice(seed, "body", mrn)
        lowest = chance.uniform(4.6, 8.0)
        return cls(
            events_per_hour=min(40.0, chance.lognormvariate(1.5, 0.8)),
            pressure_min=lowest,
            pressure_max=lowest + chance.uniform(4.0, 10.0),
            breath_rate=chance.uniform(11.5, 18.0),
            leak=chance.uniform(3.0, 18.0),
            spo2=chance.uniform(93.0, 97.5),
            bedtime_h=chance.uniform(9.0, 11.5),
            sleep_h=chance.uniform(6.0, 8.5),
            endurance=chance.uniform(0.6, 0.98),
        )


@dataclass(slots=True)
class Night:
    """One patient from noon to noon: what a device would have measured at any instant of that day.

    `noon_ms` is the noon that it starts at. Lists have one item a minute of the day; `starts_ms` and `ends_ms` are the
    apneas' edges in milliseconds after noon, in order.
    """

    seed: int
    mrn: str
    noon_ms: int
    body: Body = field(init=False)
    stages: list[str] = field(init=False)
    mask_on: list[bool] = field(init=False)
    pressures: list[float] = field(init=False)
    leaks: list[float] = field(init=False)
    noise: list[float] = field(init=False)
    starts_ms: list[int] = field(init=False)
    ends_ms: list[int] = field(init=False)
    image_minutes: set[int] = field(init=False)

    def __post_init__(self) -> None:
        """Live through the night once; every sample is read from that."""
        self.body = Body.of(self.seed, self.mrn)
        chance = dice(self.seed, "night", self.mrn, self.noon_ms)
        self.stages = hypnogram(self.body, chance)
        self.mask_on = mask(self.body, self.stages, chance)
        self.starts_ms, self.ends_ms = apneas(self.body, self.stages, self.mask_on, chance)
        self.pressures = titration(self.body, self.mask_on, self.starts_ms)
        self.leaks = leaks(self.body, self.stages, chance)
        self.noise = [chance.gauss(0.0, 1.0) for _ in range(MINUTES)]
        candidates = sorted({start // MINUTE_MS for start in self.starts_ms})
        self.image_minutes = set(chance.sample(candidates, min(2, len(candidates))))

    def sample(self, at_ms: int, interval_ms: int) -> dict[str, float | int | bool | str]:
        """The fields of a reading at `at_ms` that covers the `interval_ms` before it, in the contract's units.

        With the mask off the device measures neither breath nor leak nor saturation, so those fields are absent.
        """
        since_ms = at_ms - self.noon_ms
        minute = since_ms // MINUTE_MS
        if not 0 <= minute < MINUTES:
            raise ValueError("that instant belongs to another night")
        events = bisect_right(self.starts_ms, since_ms) - bisect_right(self.starts_ms, since_ms - interval_ms)
        sample: dict[str, float | int | bool | str] = {
            "cpap_pressure": round(self.pressures[minute], 1),
            "apnea_count": events,
            "mask_on": self.mask_on[minute],
        }
        if not self.mask_on[minute]:
            return sample
        wobble = self.noise[(since_ms // 1000 * 7) % MINUTES]
        asleep = self.stages[minute]
        sample["breath_rate"] = round(max(4.0, self._breath_rate(asleep, wobble) - 1.5 * events), 1)
        sample["leak_rate"] = round(max(0.0, self.leaks[minute] + 0.6 * wobble), 1)
        sample["spo2"] = round(min(100.0, max(60.0, self._spo2(since_ms) + 0.3 * wobble)), 1)
        if minute in self.image_minutes and since_ms % MINUTE_MS < interval_ms:
            rate = float(sample["breath_rate"])
            sample["flow_image"] = flow_image(rate, self._pauses(minute))
        return sample

    def _breath_rate(self, stage: str, wobble: float) -> float:
        """Slow and even in deep sleep, quicker and uneven in REM sleep and awake; per minute."""
        shift, spread = {"wake": (2.0, 1.6), "REM": (0.8, 1.4), "N1": (0.4, 0.8), "N2": (0.0, 0.5), "N3": (-0.8, 0.2)}[
            stage
        ]
        return self.body.breath_rate + shift + spread * wobble

    def _spo2(self, since_ms: int) -> float:
        """Baseline less what the apneas of the last minute and a half have cost, in %."""
        spo2 = self.body.spo2
        for index in range(bisect_left(self.ends_ms, since_ms - DESATURATION_MS), bisect_right(self.ends_ms, since_ms)):
            length_s = (self.ends_ms[index] - self.starts_ms[index]) / 1000
            into = (since_ms - self.ends_ms[index]) / DESATURATION_MS
            spo2 -= 0.22 * length_s * math.sin(math.pi * into)
        return spo2

    def _pauses(self, minute: int) -> list[tuple[float, float]]:
        """The apneas of that minute as (from, to) in seconds of it."""
        base = minute * MINUTE_MS
        pairs = zip(self.starts_ms, self.ends_ms, strict=True)
        return [((a - base) / 1000, (b - base) / 1000) for a, b in pairs if b > base and a < base + MINUTE_MS]


def hypnogram(body: Body, chance: Random) -> list[str]:
    """A stage a minute from noon to noon: `wake`, `N1`, `N2`, `N3` or `REM`."""
    stages = ["wake"] * MINUTES
    minute = int(body.bedtime_h * 60 + chance.gauss(10, 20))
    morning = min(MINUTES - 60, minute + int(body.sleep_h * 60 + chance.gauss(0, 25)))
    cycle = 0
    while minute < morning:
        deep = max(0, int(chance.gauss(38 - 13 * cycle, 5)))
        dream = max(4, int(chance.gauss(8 + 8 * cycle, 4)))
        parts = [
            ("N1", int(chance.uniform(2, 7))),
            ("N2", int(chance.uniform(12, 25))),
            ("N3", deep),
            ("N2", int(chance.uniform(10, 30))),
            ("REM", dream),
            ("wake", int(chance.choice([0, 0, 1, 2, 6]))),
        ]
        for stage, length in parts:
            for _ in range(length):
                if minute < morning:
                    stages[minute] = stage
                    minute += 1
        cycle += 1
    return stages


def mask(body: Body, stages: list[str], chance: Random) -> list[bool]:
    """Whether the mask is on, a value a minute: from a little before sleep, off for a walk, sometimes off for good."""
    asleep = [minute for minute, stage in enumerate(stages) if stage != "wake"]
    worn = [False] * MINUTES
    first, last = asleep[0] - int(chance.uniform(5, 25)), asleep[-1] + int(chance.uniform(0, 15))
    if chance.random() > body.endurance:
        last = first + int((last - first) * chance.uniform(0.2, 0.8))
    for minute in range(first, last):
        worn[minute] = True
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        walk = int(chance.uniform(first + 30, max(first + 31, last - 10)))
        for minute in range(walk, min(walk + int(chance.uniform(3, 12)), MINUTES)):
            worn[minute], stages[minute] = False, "wake"
    return worn


def apneas(body: Body, stages: list[str], worn: list[bool], chance: Random) -> tuple[list[int], list[int]]:
    """The edges of each apnea in milliseconds after noon: (starts, ends), in order and never overlapping.

    A cluster opens and closes like a telegraph signal; inside it events come eight times as often as on average,
    outside it seldom. REM sleep doubles both.
    """
    starts: list[int] = []
    ends: list[int] = []
    clustered = False
    for minute, stage in enumerate(stages):
        if stage == "wake" or not worn[minute]:
            clustered = False
            continue
        clustered = chance.random() < (0.94 if clustered else 0.012)
        per_minute = body.events_per_hour / 60 * (8.0 if clustered else 0.25) * (2.0 if stage == "REM" else 1.0)
        at = minute * MINUTE_MS + chance.randrange(MINUTE_MS)
        if chance.random() < min(0.95, per_minute) and (not ends or at > ends[-1] + 5_000):
            starts.append(at)
            ends.append(at + int(1000 * min(75.0, 10.0 + chance.expovariate(1 / 9.0))))
    return starts, ends


def titration(body: Body, worn: list[bool], starts_ms: list[int]) -> list[float]:
    """The pressure a minute in cmH2O: a ramp of 20 minutes, up with each apnea, slowly down without; 0 in standby."""
    per_minute = [0] * MINUTES
    for start in starts_ms:
        per_minute[start // MINUTE_MS] += 1
    pressures, pressure, worn_for = [], 0.0, 0
    for minute in range(MINUTES):
        if not worn[minute]:
            pressures.append(0.0)
            worn_for = 0
            continue
        worn_for += 1
        floor = 4.0 + (body.pressure_min - 4.0) * min(1.0, worn_for / 20)
        pressure = max(floor, pressure - 0.06) if worn_for > 1 else floor
        pressure = min(body.pressure_max, pressure + 0.45 * per_minute[minute])
        pressures.append(pressure)
    return pressures


def leaks(body: Body, stages: list[str], chance: Random) -> list[float]:
    """The leak a minute in L/min: a slow wander around the mask's own, and jumps while it sits badly."""
    values, wander, shifted = [], 0.0, 0.0
    for minute in range(len(stages)):
        wander = 0.92 * wander + chance.gauss(0.0, 0.7)
        if shifted and chance.random() < 0.12:
            shifted = 0.0
        elif not shifted and chance.random() < (0.012 if stages[minute] == "REM" else 0.004):
            shifted = chance.uniform(15.0, 55.0)
        values.append(min(180.0, max(0.0, body.leak + wander + shifted)))
    return values


def noon_before(at_ms: int, noon_hour: float) -> int:
    """The last noon at or before an instant, where the ward's noon is at `noon_hour` hours UTC; milliseconds."""
    shift = int(noon_hour * HOUR_MS)
    return (at_ms - shift) // DAY_MS * DAY_MS + shift

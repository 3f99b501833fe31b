"""The server's clock jumps back and forth, by up to a day and a half; the monotonic one goes on, as it would."""

import json
from pathlib import Path
from typing import ClassVar

from simulator import FAULTS
from simulator.flux import Influx
from simulator.times import from_rfc3339
from simulator.verify import points
from tests.chaos.fault import Fault, Scene
from tests.chaos.pipeline import BUCKET, ORG, TOKEN, until

HOOK = Path(__file__).resolve().parents[1] / "clock"
FARTHEST_S = 36 * 3600
"""Within what an Idempotency-Key is kept for, 48 hours: beyond it a retry is a new reading, by the contract."""


class ClockJumps(Fault):
    """Times that devices send do not depend on it; a reading without one takes it, and later ones stay later."""

    summary = "the server's clock jumps back and forth by up to 36 hours"
    of_monitors: ClassVar[tuple[str, ...]] = tuple(name for name in FAULTS if name != "drift")
    """A device that tells its own time is corrected by the server's clock, which is wrong here."""

    def strike(self, scene: Scene) -> None:
        """Restart with a clock that can be set, set it again and again, and restart with the right one."""
        pipeline = scene.pipeline
        clock = pipeline.folder / "clock"
        _set(clock, 0)
        room = f"clockless-{scene.load.options.first_room}"
        times: list[int] = []
        with pipeline.told(PYTHONPATH=str(HOOK), BEDSIDE_CHAOS_CLOCK=str(clock)):
            pipeline.await_ready()
            for number in range(20 if scene.long else 4):
                _set(clock, scene.chance.randint(-FARTHEST_S, FARTHEST_S))
                scene.injected += 1
                scene.load.more(30)
                times.append(_post(scene, room, number))
        scene.recover_from_now()
        if times != sorted(set(times)):
            scene.wrong.append("readings without a time were given times that do not go up")
        if max(times) - min(times) < 1000:
            scene.wrong.append("the server's clock did not jump")
        influx = Influx(pipeline.influx_url, ORG, BUCKET, TOKEN)
        until(
            lambda: {at for _, at in points(influx, room)} == set(times), "readings without a time were not kept once"
        )


def _set(clock: Path, offset_s: int) -> None:
    """Put the clock so many seconds ahead of the right one; whoever reads it finds the whole number."""
    new = clock.with_suffix(".new")
    new.write_text(f"{offset_s:+d}\n")
    new.replace(clock)


def _post(scene: Scene, room: str, number: int) -> int:
    """Send a reading without a time twice, under one key; its time in ms."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{room}-{number}"}
    headers["Authorization"] = f"Bearer {TOKEN}"
    body = json.dumps({"room": room, "mrn": room, "apnea_count": number})
    told = [scene.pipeline.post("/v1/readings", body, headers) for _ in range(2)]
    if told[0] != told[1]:
        scene.wrong.append("a reading without a time, sent again under its key, was answered otherwise")
    return from_rfc3339(json.loads(told[0])["time"])

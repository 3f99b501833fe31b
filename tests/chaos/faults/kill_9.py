"""`kill -9` of every process at random instants, also while one is just starting again."""

import signal
import time

from tests.chaos.fault import Fault, Scene

PARTS = ("ingest", "influxlite", "ward", "up")


class Kill9(Fault):
    """Each is hit about as often as the others."""

    summary = "`kill -9` of ingest, influxlite, the ward page and `bedside up` at random instants"

    def strike(self, scene: Scene) -> None:
        """Without waiting, so that most hit what has not recovered from the one before; the last is waited for."""
        killed_s = time.monotonic()
        for part in scene.chance.sample(PARTS * 32, 128) if scene.long else scene.chance.sample(PARTS, 4):
            time.sleep(scene.chance.uniform(0.0, 2.0))
            killed_s = time.monotonic()
            scene.injected += scene.pipeline.send(part, signal.SIGKILL)
        scene.recover(killed_s)
        scene.load.more(50)

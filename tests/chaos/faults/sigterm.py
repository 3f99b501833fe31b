"""Processes are asked to end, in order, while readings come; whoever runs them starts them again."""

import signal
import time

from tests.chaos.fault import Fault, Scene

PARTS = ("ingest", "influxlite", "ward", "up")


class Sigterm(Fault):
    """Requests under way are answered, later ones wait at their monitors."""

    summary = "SIGTERM to ingest, influxlite, the ward page and `bedside up` under load"

    def strike(self, scene: Scene) -> None:
        """One after the other, each waited for."""
        for part in scene.chance.sample(PARTS, len(PARTS)) if scene.long else ("up",):
            time.sleep(scene.chance.uniform(0.0, 1.0))
            asked_s = time.monotonic()
            scene.injected += scene.pipeline.send(part, signal.SIGTERM)
            scene.recover(asked_s)
            scene.load.more(50)

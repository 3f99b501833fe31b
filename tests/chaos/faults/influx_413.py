"""Something before InfluxDB takes only small bodies: writes have to be halved until they pass."""

from tests.chaos.fault import Fault, Scene
from tests.chaos.proxy import NothingLong


class Influx413(Fault):
    """No line is that long, so none may end in quarantine."""

    summary = "InfluxDB answers 413 to all but small writes"

    def strike(self, scene: Scene) -> None:
        """For a while; the pipeline works on meanwhile."""
        proxy = scene.pipeline.proxy
        with proxy.taking(NothingLong(1500)):
            scene.injected += 1
            scene.gather()
            scene.hold()
        scene.recover_from_now()
        if scene.pipeline.quarantined():
            scene.wrong.append("lines that InfluxDB would have taken are in quarantine")

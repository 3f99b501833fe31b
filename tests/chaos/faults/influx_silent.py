"""InfluxDB takes connections and requests, and answers nothing."""

from tests.chaos.fault import Fault, Scene
from tests.chaos.proxy import Silence


class InfluxSilent(Fault):
    """Each try costs the forwarder its whole time limit."""

    summary = "InfluxDB takes requests and never answers"

    def strike(self, scene: Scene) -> None:
        """Once."""
        scene.badly_answered(Silence(), r"no answer from InfluxDB")

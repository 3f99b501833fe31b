"""InfluxDB stores what it is sent, and its answer breaks off in the middle."""

from tests.chaos.fault import Fault, Scene
from tests.chaos.proxy import HalfAnswers


class InfluxHalfAnswer(Fault):
    """What was stored is sent again, and stays one point."""

    summary = "InfluxDB takes the points, and its answers break off in the middle"

    def strike(self, scene: Scene) -> None:
        """Once."""
        scene.badly_answered(HalfAnswers(), r"no answer from InfluxDB")

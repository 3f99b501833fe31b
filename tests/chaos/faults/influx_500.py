"""InfluxDB answers 500 to everything."""

from tests.chaos.fault import Fault, Scene
from tests.chaos.proxy import Answer, Instead


class Influx500(Fault):
    """Whatever is wrong with it, it may pass."""

    summary = "InfluxDB answers 500"

    def strike(self, scene: Scene) -> None:
        """Once."""
        scene.badly_answered(Instead(Answer(500, body=b"oops")), r"answers 500")

"""InfluxDB is overloaded and says when to come back."""

from tests.chaos.fault import Fault, Scene
from tests.chaos.proxy import Answer, Instead


class Influx503(Fault):
    """As InfluxDB Cloud says it under load."""

    summary = "InfluxDB answers 503 with Retry-After"

    def strike(self, scene: Scene) -> None:
        """Once."""
        wait = str(scene.chance.randint(1, 5) if scene.long else 1)
        body = b'{"code":"unavailable","message":"overloaded"}'
        told = Answer(503, [("Retry-After", wait), ("Content-Type", "application/json")], body)
        scene.badly_answered(Instead(told), r"answers 503")

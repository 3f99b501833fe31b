"""InfluxDB no longer knows the token; later it does again."""

from tests.chaos.fault import Fault, Scene
from tests.chaos.proxy import Answer, Instead


class Influx401(Fault):
    """Everything is held: it is about the token, not about a line."""

    summary = "InfluxDB answers 401"

    def strike(self, scene: Scene) -> None:
        """Once."""
        body = b'{"code":"unauthorized","message":"unauthorized access"}'
        scene.badly_answered(Instead(Answer(401, [("Content-Type", "application/json")], body)), r"answers 401")

"""InfluxDB is not there: connections are refused and cut."""

from tests.chaos.fault import Fault, Scene


class InfluxAway(Fault):
    """Readings are taken meanwhile, and wait."""

    summary = "InfluxDB refuses connections for hours of the ward's time"

    def strike(self, scene: Scene) -> None:
        """Once."""
        with scene.refused(r"no answer from InfluxDB"):
            scene.load.more(600 if scene.long else 100)

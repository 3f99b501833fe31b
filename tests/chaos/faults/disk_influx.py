"""No room for the points in influxlite."""

from tests.chaos.fault import Fault, Scene


class DiskInflux(Fault):
    """Readings are taken meanwhile, and wait in the outbox."""

    summary = "the disk of influxlite is full"
    fills = True

    def strike(self, scene: Scene) -> None:
        """Once."""
        scene.filled(scene.pipeline.influx_data, "influxlite", r"InfluxDB at \S+ answers 5")

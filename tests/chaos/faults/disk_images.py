"""No room for flow images."""

from tests.chaos.fault import Fault, Scene


class DiskImages(Fault):
    """A reading with an image waits at its monitor until there is room for it."""

    summary = "the disk of the flow images is full"
    fills = True

    def strike(self, scene: Scene) -> None:
        """Once."""
        scene.filled(scene.pipeline.data / "images", "ingest", r"image")

"""No room for the identity database and its outbox."""

from tests.chaos.fault import Fault, Scene


class DiskDatabase(Fault):
    """Nothing is acknowledged meanwhile; what was sent is sent again."""

    summary = "the disk of the identity database and its outbox is full"
    fills = True

    def strike(self, scene: Scene) -> None:
        """Once."""
        scene.filled(scene.pipeline.data, "ingest", r"the last commit failed")

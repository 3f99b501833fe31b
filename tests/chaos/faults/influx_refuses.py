"""InfluxDB refuses everything for good, as it is not: all of it goes to quarantine, and is brought back by hand."""

from tests.chaos.fault import Fault, Scene
from tests.chaos.pipeline import until
from tests.chaos.proxy import Answer, Instead


class InfluxRefuses(Fault):
    """What is refused is kept and shown, never dropped."""

    summary = "InfluxDB refuses every line with 422; what was put in quarantine is sent again by hand"

    def strike(self, scene: Scene) -> None:
        """For a while, then every quarantined line is sent again."""
        pipeline = scene.pipeline
        body = b'{"code":"unprocessable entity","message":"field type conflict"}'
        with pipeline.proxy.taking(Instead(Answer(422, [("Content-Type", "application/json")], body))):
            scene.injected += 1
            until(lambda: len(pipeline.quarantined()) > 20, "nothing came into quarantine")
        scene.recover_from_now()
        scene.load.more(50)
        for line in iter(lambda: pipeline.quarantined()[:1], []):
            told = pipeline.call("POST", f"/v1/quarantine/{line[0]}/retry")
            if told.status_code != 200:
                scene.wrong.append(f"a retry from quarantine was answered {told.status_code}")
                return

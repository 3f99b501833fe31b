"""The dashboards, one a file: `BOARDS` lists what is generated, in the order in which people meet them."""

from collections.abc import Callable

from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.boards import patient_night, pipeline, room, trends, ward

BOARDS: dict[str, Callable[[], Dashboard]] = {
    "ward": ward.build,
    "room": room.build,
    "patient-night": patient_night.build,
    "trends": trends.build,
    "pipeline": pipeline.build,
}

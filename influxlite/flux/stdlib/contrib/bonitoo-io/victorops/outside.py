"""victorops.alert, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "victorops",
    "url: string, ?monitoringTool: string",
    'url, monitoringTool="InfluxDB"',
)
FUNCTIONS = [
    outside.sender("victorops"),
    outside.refused(
        "victorops",
        "alert",
        "(url: string, messageType: A, ?entityID: B, ?entityDisplayName: C, ?stateMessage: D, ?timestamp: E, "
        "?monitoringTool: F) => int",
    ),
]

"""victorops.alert, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "victorops",
    "(url: string, ?monitoringTool: A) => (mapFn: (r: B) => {C with timestamp: H, stateMessage: G, messageType: "
    "F, entityID: E, entityDisplayName: D}) => (<-tables: stream[B]) => stream[{B with _status: string, _sent: "
    "string}]",
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

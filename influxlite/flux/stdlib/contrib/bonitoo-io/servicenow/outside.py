"""servicenow.event, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "servicenow",
    "(password: string, url: string, username: string, ?source: A) => (mapFn: (r: B) => {C with severity: J, "
    "resource: I, node: H, metricType: G, metricName: F, messageKey: E, description: D}) => (<-tables: "
    "stream[B]) => stream[{B with _status: string, _sent: string}] where J: Equatable",
    'url, username, password, source="Flux"',
)
FUNCTIONS = [
    outside.sender("servicenow"),
    outside.refused(
        "servicenow",
        "event",
        "(description: A, password: string, severity: B, url: string, username: string, ?additionalInfo: C, "
        "?messageKey: D, ?metricName: E, ?metricType: F, ?node: G, ?resource: H, ?source: I) => int where B: "
        "Equatable, C: Equatable",
    ),
]

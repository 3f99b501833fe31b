"""servicenow.event, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "servicenow",
    "url: string, username: string, password: string, ?source: string",
    'url, username, password, source="Flux"',
)
FUNCTIONS = [
    outside.sender("servicenow"),
    outside.refused(
        "servicenow",
        "event",
        "(url: string, username: string, password: string, ?source: A, ?node: B, ?metricType: C, "
        "?resource: D, ?metricName: E, ?messageKey: F, description: G, severity: string, "
        "?additionalInfo: H) => int",
    ),
]

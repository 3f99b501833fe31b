"""sensu.event, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "sensu",
    "url: string, apiKey: string, ?handlers: [string], ?namespace: string, ?entityName: string",
    'url, apiKey, handlers=[], namespace="default", entityName="influxdb"',
)
FUNCTIONS = [
    outside.sender("sensu"),
    outside.refused(
        "sensu",
        "event",
        "(url: string, apiKey: string, checkName: string, text: A, ?handlers: [B], ?status: int, "
        "?state: string, ?namespace: string, ?entityName: string) => int",
    ),
]

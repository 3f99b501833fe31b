"""sensu.event, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "sensu",
    "(apiKey: string, url: string, ?entityName: string, ?handlers: A, ?namespace: string) => (mapFn: (r: B) => "
    "{C with text: E, status: D, checkName: string}) => (<-tables: stream[B]) => stream[{B with _sent: string}] "
    "where D: Equatable",
    'url, apiKey, handlers=[], namespace="default", entityName="influxdb"',
)
FUNCTIONS = [
    outside.sender("sensu"),
    outside.refused(
        "sensu",
        "event",
        "(apiKey: string, checkName: string, text: A, url: string, ?entityName: string, ?handlers: B, ?namespace: "
        "string, ?state: string, ?status: C) => int where C: Equatable",
    ),
]

"""opsgenie.sendAlert, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "opsgenie",
    "(apiKey: string, ?entity: string, ?url: string) => (mapFn: (r: A) => {B with visibleTo: [string], tags: E, "
    "responders: [string], priority: string, message: string, details: D, description: string, alias: string, "
    "actions: C}) => (<-tables: stream[A]) => stream[{A with _status: string, _sent: string}] where D: Stringable",
    'url="https://api.opsgenie.com/v2/alerts", apiKey, entity=""',
)
FUNCTIONS = [
    outside.sender("opsgenie"),
    outside.refused(
        "opsgenie",
        "sendAlert",
        "(?url: string, apiKey: string, message: string, ?alias: string, ?description: string, "
        "?priority: string, ?responders: [string], ?tags: A, ?entity: string, ?actions: B, "
        "?visibleTo: [string], ?details: C) => int",
    ),
]

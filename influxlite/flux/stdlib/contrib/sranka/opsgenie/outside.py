"""opsgenie.sendAlert, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "opsgenie",
    "?url: string, apiKey: string, ?entity: string",
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

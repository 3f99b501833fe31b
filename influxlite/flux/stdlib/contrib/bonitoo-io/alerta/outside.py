"""alerta.alert, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "alerta",
    "url: string, apiKey: string, ?environment: string, ?origin: string",
    'url, apiKey, environment="", origin=""',
)
FUNCTIONS = [
    outside.sender("alerta"),
    outside.refused(
        "alerta",
        "alert",
        "(url: string, apiKey: string, resource: A, event: B, ?environment: C, severity: D, ?service: E, "
        "?group: F, ?value: G, ?text: H, ?tags: I, attributes: J, ?origin: K, ?type: L, ?timestamp: M) => int",
    ),
]

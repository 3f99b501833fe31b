"""alerta.alert, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "alerta",
    "(apiKey: string, url: string, ?environment: A, ?origin: B) => (mapFn: (r: C) => {D with value: O, type: N, "
    "timestamp: M, text: L, tags: K, severity: J, service: I, resource: H, group: G, event: F, attributes: E}) "
    "=> (<-tables: stream[C]) => stream[{C with _status: string, _sent: string}]",
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

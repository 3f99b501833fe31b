"""zenoss.event, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "zenoss",
    "(url: string, ?action: A, ?apiKey: B, ?method: C, ?password: string, ?tid: D, ?type: E, ?username: string) "
    "=> (mapFn: (r: F) => {G with summary: O, severity: N, message: M, eventClassKey: L, eventClass: K, device: "
    "J, component: I, collector: H}) => (<-tables: stream[F]) => stream[{F with _status: string, _sent: string}] "
    "where B: Equatable",
    'url, username="", password="", apiKey="", action="EventsRouter", method="add_event", type="rpc", tid=1',
)
FUNCTIONS = [
    outside.sender("zenoss"),
    outside.refused(
        "zenoss",
        "event",
        "(severity: A, url: string, ?action: B, ?apiKey: C, ?collector: D, ?component: E, ?device: F, ?eventClass: "
        "G, ?eventClassKey: H, ?message: I, ?method: J, ?password: string, ?summary: K, ?tid: L, ?type: M, "
        "?username: string) => int where C: Equatable",
    ),
]

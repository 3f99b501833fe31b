"""zenoss.event, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "zenoss",
    "url: string, ?username: string, ?password: string, ?apiKey: string, ?action: string, ?method: string, "
    "?type: string, ?tid: int",
    'url, username="", password="", apiKey="", action="EventsRouter", method="add_event", type="rpc", tid=1',
)
FUNCTIONS = [
    outside.sender("zenoss"),
    outside.refused(
        "zenoss",
        "event",
        "(url: string, ?username: string, ?password: string, ?apiKey: string, ?action: A, ?method: B, "
        "?type: C, ?tid: D, ?summary: E, ?device: F, ?component: G, severity: H, ?eventClass: I, "
        "?eventClassKey: J, ?collector: K, ?message: L) => int",
    ),
]

"""pagerduty.sendEvent, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

default_u_r_l = option("string", "https://events.pagerduty.com/v2/enqueue", "Where PagerDuty takes events.")
endpoint = outside.endpoint(
    "pagerduty",
    "(?url: string) => (mapFn: (r: {A with _pagerdutyDedupKey: string}) => {B with timestamp: K, summary: "
    "string, source: J, severity: I, routingKey: H, group: G, eventAction: F, clientURL: E, client: D, class: "
    "C}) => (<-tables: stream[A]) => stream[{A with _status: string, _sent: string, _pagerdutyDedupKey: string, "
    "_body: string}]",
    "url=defaultURL",
)
FUNCTIONS = [
    outside.sender("pagerduty"),
    outside.refused(
        "pagerduty",
        "sendEvent",
        "(?pagerdutyURL: string, routingKey: A, client: B, clientURL: C, dedupKey: D, class: E, group: F, "
        "severity: G, eventAction: H, source: I, ?component: J, summary: string, timestamp: K, "
        "?customDetails: L) => int",
    ),
    outside.refused(
        "pagerduty",
        "_sendEvent",
        "(?pagerdutyURL: string, routingKey: A, client: B, clientURL: C, dedupKey: D, class: E, group: F, "
        "severity: G, eventAction: H, source: I, ?component: J, summary: string, timestamp: K, "
        "?customDetails: L) => {statusCode: int, body: bytes, headers: [string: string], duration: duration}",
    ),
]

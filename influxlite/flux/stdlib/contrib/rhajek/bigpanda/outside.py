"""bigpanda.sendAlert, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

default_url = option("string", "https://api.bigpanda.io/data/v2/alerts", "Where BigPanda takes alerts.")
default_token_prefix = option("string", "Bearer", "What goes before the token.")
endpoint = outside.endpoint(
    "bigpanda",
    "(appKey: A, token: string, ?url: string) => (mapFn: (r: B) => {C with status: D}) => (<-tables: stream[B]) "
    "=> stream[{B with _status: string, _sent: string}]",
    "url=defaultUrl, token, appKey",
)
FUNCTIONS = [
    outside.sender("bigpanda"),
    outside.refused(
        "bigpanda",
        "sendAlert",
        "(url: string, token: string, appKey: A, status: B, rec: C) => int where C: Record",
    ),
]

"""slack.message, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

default_u_r_l = option("string", "https://slack.com/api/chat.postMessage", "Where Slack takes messages.")
endpoint = outside.endpoint(
    "slack",
    "(?token: string, ?url: string) => (mapFn: (r: A) => {B with text: D, color: string, channel: C}) => "
    "(<-tables: stream[A]) => stream[{A with _status: string, _sent: string}]",
    'url=defaultURL, token=""',
)
FUNCTIONS = [
    outside.sender("slack"),
    outside.refused(
        "slack",
        "message",
        "(?url: string, ?token: string, channel: A, text: B, color: string) => int",
    ),
]

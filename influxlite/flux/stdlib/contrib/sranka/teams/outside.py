"""teams.message, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

summary_cutoff = option("int", 70, "How long a summary may be.")
endpoint = outside.endpoint(
    "teams",
    "(url: string) => (mapFn: (r: A) => {B with title: C, text: string, summary: string}) => (<-tables: "
    "stream[A]) => stream[{A with _status: string, _sent: string}]",
    "url",
)
FUNCTIONS = [
    outside.sender("teams"),
    outside.refused(
        "teams",
        "message",
        "(url: string, title: A, text: string, ?summary: string) => int",
    ),
]

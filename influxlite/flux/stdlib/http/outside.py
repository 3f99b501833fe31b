"""http.post, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "http",
    "(url: string) => (mapFn: (r: A) => {B with headers: C, data: bytes}) => (<-tables: stream[A]) => stream[{A "
    "with _status: string, _sent: string}] where C: Record",
    "url",
)
FUNCTIONS = [
    outside.sender("http"),
    outside.refused(
        "http",
        "post",
        "(url: string, ?headers: A, ?data: bytes) => int where A: Record",
    ),
]

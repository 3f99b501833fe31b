"""http.post, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "http",
    "url: string",
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

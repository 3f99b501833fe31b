"""http.get: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused(
        "http",
        "get",
        "(url: string, ?headers: A, ?timeout: duration) => {statusCode: int, body: bytes, "
        "headers: B} where A: Record, B: Record",
    ),
]

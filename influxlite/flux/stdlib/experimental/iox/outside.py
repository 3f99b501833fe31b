"""iox.from, sql: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused_stream(
        "iox",
        "from",
        "(bucket: string, measurement: string) => stream[{A with _time: time}] where A: Record",
    ),
    outside.refused_stream(
        "iox",
        "sql",
        "(bucket: string, query: string) => stream[A] where A: Record",
    ),
]

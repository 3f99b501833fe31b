"""socket.from: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused_stream(
        "socket",
        "from",
        "(url: string, ?decoder: string) => stream[A]",
    ),
]

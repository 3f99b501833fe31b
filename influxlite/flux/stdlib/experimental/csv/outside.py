"""csv.from: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused_stream(
        "csv",
        "from",
        "(url: string) => stream[A] where A: Record",
    ),
]

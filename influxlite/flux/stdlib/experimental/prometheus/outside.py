"""prometheus.scrape: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused_stream(
        "prometheus",
        "scrape",
        "(url: string) => stream[A] where A: Record",
    ),
]

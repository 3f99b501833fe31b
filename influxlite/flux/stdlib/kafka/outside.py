"""kafka.to: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused_stream(
        "kafka",
        "to",
        "(<-tables: stream[A], brokers: [string], topic: string, ?balancer: string, ?name: string, "
        "?nameColumn: string, ?timeColumn: string, ?tagColumns: [string], "
        "?valueColumns: [string]) => stream[A] where A: Record",
        writes=True,
    ),
]

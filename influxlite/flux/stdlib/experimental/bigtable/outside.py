"""bigtable.from: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused_stream(
        "bigtable",
        "from",
        "(token: string, project: string, instance: string, table: string) => stream[T] where T: Record",
    ),
]

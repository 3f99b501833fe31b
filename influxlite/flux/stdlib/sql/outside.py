"""sql.from, to: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused_stream(
        "sql",
        "from",
        "(driverName: string, dataSourceName: string, query: string) => stream[A]",
    ),
    outside.refused_stream(
        "sql",
        "to",
        "(<-tables: stream[A], driverName: string, dataSourceName: string, table: string, "
        "?batchSize: int) => stream[A]",
        writes=True,
    ),
]

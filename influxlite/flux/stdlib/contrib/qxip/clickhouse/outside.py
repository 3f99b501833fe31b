"""clickhouse.query: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

default_u_r_l = option("string", "http://127.0.0.1:8123", "Where ClickHouse is.")
FUNCTIONS = [
    outside.refused_stream(
        "clickhouse",
        "query",
        "(?url: string, query: string, ?limit: A, ?cors: string, ?max_bytes: B, "
        "?format: string) => stream[C] where C: Record",
    ),
]

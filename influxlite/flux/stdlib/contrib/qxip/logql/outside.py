"""logql.query_range: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

default_u_r_l = option("string", "http://127.0.0.1:3100", "Where Loki is.")
default_a_p_i = option("string", "/loki/api/v1/query_range", "Its path.")
FUNCTIONS = [
    outside.refused_stream(
        "logql",
        "query_range",
        "(?url: string, ?path: string, query: string, ?limit: A, ?step: B, ?start: C, ?end: D, "
        "?orgid: string) => stream[E] where E: Record",
    ),
]

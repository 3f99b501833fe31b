"""influxdb.api: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused(
        "influxdb",
        "api",
        "(method: string, path: string, ?host: string, ?token: string, ?body: bytes, "
        "?headers: [string: string], ?query: [string: string], ?timeout: duration) => {statusCode: int, "
        "body: bytes, headers: [string: string]}",
    ),
]

"""usage.limits, from: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused(
        "usage",
        "limits",
        "(?host: string, ?orgID: string, ?token: string) => A",
    ),
    outside.refused_stream(
        "usage",
        "from",
        "(start: A, stop: B, ?host: string, ?orgID: string, ?raw: C, ?token: string) => stream[D] where D: Record",
    ),
]

"""webexteams.message, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "webexteams",
    "?url: string, token: string",
    'url="https://webexapis.com", token',
)
FUNCTIONS = [
    outside.sender("webexteams"),
    outside.refused(
        "webexteams",
        "message",
        "(?url: string, token: string, roomId: A, text: B, markdown: C) => int",
    ),
]

"""webexteams.message, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside

endpoint = outside.endpoint(
    "webexteams",
    "(token: string, ?url: string) => (mapFn: (r: A) => {B with text: E, roomId: D, markdown: C}) => (<-tables: "
    "stream[A]) => stream[{A with _status: string, _sent: string}]",
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

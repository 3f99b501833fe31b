"""requests.defaultConfig, peek: how requests are made, and a look at their answers."""

from influxlite.flux.stdlib.registry import constant, flux, option
from influxlite.flux.values import Duration, Record

_empty_body = constant("bytes", b"", "What is sent where nothing is.")
default_config = option(
    "{timeout: duration, insecureSkipVerify: bool}",
    Record(timeout=Duration(), insecureSkipVerify=False),
    "How long an answer is waited for, 0 for ever, and whether certificates are not looked at.",
)
peek = flux(
    "(response: {A with statusCode: B, body: C, headers: D, duration: E}) =>"
    " stream[{statusCode: B, body: string, headers: string, duration: int}]",
    """(response) => array.from(rows: [{
        statusCode: response.statusCode,
        body: string(v: response.body),
        headers: display(v: response.headers),
        duration: int(v: response.duration),
    }])""",
    """An answer as a table.

        import "experimental/http/requests"
        requests.peek(response: {statusCode: 200, body: bytes(v: "ok"), headers: ["a": "b"], duration: 1ms})
    """,
    imports=("array",),
)

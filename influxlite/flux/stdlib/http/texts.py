"""http.basicAuth, pathEscape: texts for HTTP requests."""

from __future__ import annotations

import base64
from urllib.parse import quote

from influxlite.flux.stdlib.registry import function


@function("(u: string, p: string) => string", nulls=False)
def basic_auth(u: str, p: str) -> str:
    """The value of the header Authorization for a user and a password.

    import "http"
    array.from(rows: [{v: http.basicAuth(u: "monitor", p: "secret")}])
    """
    return "Basic " + base64.b64encode(f"{u}:{p}".encode()).decode()


@function("(inputString: string) => string", nulls=False)
def path_escape(input_string: str) -> str:
    """A text as one segment of a path: what may not stand there is written in hexadecimal.

    import "http"
    array.from(rows: [{v: http.pathEscape(inputString: "room 101/a")}])
    """
    return quote(input_string, safe="$&+:=@")

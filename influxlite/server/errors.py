"""InfluxDB's errors over HTTP: a code, a message, and the status that belongs to the code.

    ApiError   raised anywhere in a request; the app answers {"code", "message"} with `X-Platform-Error-Code`

InfluxDB writes some answers in one line and some indented by tabs, by the age of the resource; `tabbed` keeps that.
"""

STATUS = {
    "internal error": 500,
    "not implemented": 501,
    "invalid": 400,
    "unprocessable entity": 422,
    "empty value": 400,
    "conflict": 422,
    "not found": 404,
    "unavailable": 503,
    "forbidden": 403,
    "too many requests": 429,
    "unauthorized": 401,
    "method not allowed": 405,
    "request too large": 413,
}
INTERNAL = "An internal error has occurred - check server logs"


class ApiError(Exception):
    """A request is refused with one of the codes of `STATUS` and a message."""

    def __init__(self, code: str, message: str, *, tabbed: bool = False) -> None:
        """Keep what the answer needs."""
        super().__init__(message)
        self.code, self.message, self.tabbed = code, message, tabbed
        self.status = STATUS.get(code, 500)


def internal() -> ApiError:
    """What InfluxDB says of a fault that it does not explain to the client."""
    return ApiError("internal error", INTERNAL)

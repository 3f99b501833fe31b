"""What can go wrong with a Flux script, as InfluxDB names it.

FluxError               code "invalid" unless told otherwise
└── CancelledError      the client left, or a limit of the query was reached
"""


class FluxError(Exception):
    """A script that cannot be compiled, planned or run.

    `code` is one of InfluxDB's own words ("invalid", "not found", "internal error", "unauthorized",
    "unprocessable entity" …), `message` is what InfluxDB would say.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class CancelledError(FluxError):
    """The query was stopped from outside or ran into one of its limits (`influxlite.flux.limits`)."""


def invalid(message: str) -> FluxError:
    """The most common of errors: what was asked makes no sense."""
    return FluxError("invalid", message)

"""What goes wrong when one asks: every error of this package, each saying what to do next.

QueryError
├── QuestionError       a question's file does not say what it must
│   └── UnknownQuestion     there is none of that name
├── ParameterError      a parameter is missing, unknown, or not of its type
├── ConnectionFault     nobody answers, or the address makes no sense
│   └── AccessDenied        the token is missing or may not read that
├── FluxError           the server refuses the query or fails while it runs, with the place in the Flux
└── AnswerError         the answer is no annotated CSV, too large, or does not fit into one frame
"""

import re

PLACE = re.compile(r"(?:@|\bloc )(\d+):(\d+)(?:-(\d+):(\d+))?")


class QueryError(Exception):
    """Something about a question went wrong; the message says what, where and what to do."""


class QuestionError(QueryError):
    """A question's file does not say what its header must say."""


class UnknownQuestion(QuestionError):  # noqa: N818 - reads as the fact that it states
    """There is no question of that name; the message tells the nearest ones."""


class ParameterError(QueryError):
    """A parameter is missing, not one of the question's, or not of its type. `parameter` is its name."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class ConnectionFault(QueryError):  # noqa: N818 - `ConnectionError` is Python's own
    """Nobody answers at the address, or the answer is not InfluxDB's."""


class AccessDenied(ConnectionFault):
    """The server refuses the token, or the token may not read that bucket."""


class AnswerError(QueryError):
    """The answer cannot be read: no annotated CSV, more bytes than allowed, or tables that fit into no one frame."""


class FluxError(QueryError):
    """The server refuses a query, or fails while it runs.

    `reason` is the server's message, `flux` the text that was sent, `line` and `column` the place that the message
    names (counted from 1), or None. As text it shows that line of Flux with carets below the fault.
    """

    def __init__(self, reason: str, flux: str) -> None:
        self.reason, self.flux = reason, flux
        found = PLACE.search(reason)
        self.line = int(found[1]) if found else None
        self.column = int(found[2]) if found else None
        super().__init__(reason + _shown(flux, found))


def _shown(flux: str, place: re.Match[str] | None) -> str:
    """The line of Flux at fault, with carets below what the server points at; a tab in it counts as one column."""
    lines = flux.splitlines()
    if place is None or not 1 <= int(place[1]) <= len(lines):
        return ""
    number, column = int(place[1]), int(place[2])
    line = lines[number - 1].replace("\t", " ")
    end = int(place[4]) if place[4] and place[3] == place[1] else len(line) + 1
    carets = "^" * max(1, min(end, len(line) + 1) - column)
    margin = f"{number:>4} │ "
    return f"\n\n{margin}{line}\n{' ' * (len(margin) - 2)}│ {' ' * (column - 1)}{carets}"

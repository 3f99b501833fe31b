"""What can go wrong on the command line, and the exit code that tells it.

    Failure (1)            what was asked did not come true
    ├── Unreachable (3)    nobody answers at that address
    └── Refused (4)        the token is missing, wrong, or not allowed to do that

2 is click's own: the command was not understood. Each message says what to do next.
"""


class Failure(Exception):  # noqa: N818 - an outcome with an exit code
    """What was asked did not come true; the message says why and what to do."""

    exit_code = 1


class Unreachable(Failure):
    """Nobody answers at that address."""

    exit_code = 3


class Refused(Failure):
    """The token is missing, wrong, or not allowed to do that."""

    exit_code = 4

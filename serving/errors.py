"""Why a server cannot start, as one tree; each message is one sentence for whoever started it.

ServingError
├── AddressTaken      something else listens there already
├── AddressRefused    the system does not let us listen there
└── Exposed           others would reach it without TLS
"""


class ServingError(Exception):
    """The server cannot start; the message is one sentence for whoever started it."""


class AddressTaken(ServingError):  # noqa: N818 - said in the words of the message
    """Something else listens on that address already."""


class AddressRefused(ServingError):  # noqa: N818
    """The system does not let us listen there."""


class Exposed(ServingError):  # noqa: N818
    """It would be reached over the network without TLS."""

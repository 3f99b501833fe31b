"""What can end a simulation early.

    SimulatorError
    ├── OptionsError       what was asked for cannot be simulated
    ├── UnreachableError   the server did not answer within the patience of a monitor
    ├── StoppedError       somebody asked the simulation to stop
    ├── QueryError         a question that --verify asked was refused
    └── LedgerError        the ledger cannot be written or read

Each message says what to do next. None of them names a patient or an MRN.
"""


class SimulatorError(Exception):
    """The root of the tree."""


class OptionsError(SimulatorError):
    """What was asked for cannot be simulated; the message names the option."""


class UnreachableError(SimulatorError):
    """The server did not answer within the patience of a monitor."""


class StoppedError(SimulatorError):
    """Somebody asked the simulation to stop while a monitor was waiting."""


class QueryError(SimulatorError):
    """A question that `--verify` asked was refused."""


class LedgerError(SimulatorError):
    """The ledger cannot be written or read."""

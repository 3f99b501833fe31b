"""Monitors that behave like monitors, and the ledger of what was acknowledged to them.

`simulate(options)` runs a ward against a server that keeps Bedside's HTTP contract, and `verify(options)` holds the
database against the ledger. It knows that contract and Flux over HTTP, and nothing of how either is answered.
"""

from simulator.errors import LedgerError, OptionsError, QueryError, SimulatorError, StoppedError, UnreachableError
from simulator.faults import FAULTS
from simulator.options import SimulateOptions
from simulator.report import Report, Verdict
from simulator.run import Progress, simulate, verify
from simulator.stress import stress

__all__ = [
    "FAULTS",
    "LedgerError",
    "OptionsError",
    "Progress",
    "QueryError",
    "Report",
    "SimulateOptions",
    "SimulatorError",
    "StoppedError",
    "UnreachableError",
    "Verdict",
    "simulate",
    "stress",
    "verify",
]

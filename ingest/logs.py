"""Structured logs: one JSON object a line on standard error, with no name, no MRN and no address of a patient.

An MRN appears as `patient`, a keyed hash that is the same for the same MRN in this data folder and means nothing
outside it. Requests are logged by their route's template. Successful requests are logged at level `debug` only.
"""

import hashlib
import logging
import re
import sys
from typing import Any

import structlog

Logger = Any  # structlog's bound loggers have no useful static type
_ACCESS_LINE = re.compile(r" - - \[")


def make_logger(level: str) -> Logger:
    """A logger of its own: nothing global is configured, so that the app can live beside others."""
    return structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )


class Pseudonym:
    """Turns what must not be written down into a keyed hash of it."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, text: str) -> str:
        """Sixteen hexadecimal digits that stand for the text in logs."""
        return self.mac(text).hex()

    def mac(self, text: str) -> bytes:
        """The same as eight bytes."""
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=8).digest()


def silence_paths() -> None:
    """Keep the development server of Flask from writing request paths, which name patients, into its own log."""

    def no_access_lines(record: logging.LogRecord) -> bool:
        return not _ACCESS_LINE.search(record.getMessage())

    logging.getLogger("werkzeug").addFilter(no_access_lines)


def place_of(fault: BaseException) -> str:
    """File and line of the fault: enough to find it, without any value."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""

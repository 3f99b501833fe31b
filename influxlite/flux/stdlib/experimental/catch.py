"""experimental.catch: errors as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.errors import CancelledError, FluxError
from influxlite.flux.functions import Function
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Null, Record, UInt

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

CODES = (  # their places are the numbers that scripts see
    "inherit", "cancelled", "unknown", "invalid", "deadline exceeded", "not found", "already exists",
    "permission denied", "resource exhausted", "failed precondition", "aborted", "out of range", "unimplemented",
    "internal error", "unavailable", "unauthorized",
)  # fmt: skip


@function("(fn: () => A) => {value: A, code: uint, msg: string}", pure=False)
def catch(run: Run, fn: Function) -> Record:
    """What `fn` gives, as `value`, or the error that it fails with, as a number `code` and a text `msg`.

    import "experimental"
    array.from(rows: [{msg: experimental.catch(fn: () => die(msg: "no")).msg}])
    """
    try:
        return Record(value=run.call(fn, {}), code=Null("uint"), msg=Null("string"))
    except CancelledError:
        raise
    except FluxError as problem:
        number = _NUMBERS.get(problem.code, UNKNOWN)
        return Record(value=None, code=UInt(number), msg=problem.message)


UNKNOWN = 2
_NUMBERS = {code: number for number, code in enumerate(CODES) if code != "internal error"}
"""What InfluxDB answers as an internal error is for Flux most often an error without a code."""

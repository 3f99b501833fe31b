"""Faults of a table call's arguments: InfluxDB finds them when it evaluates the script, we when tables are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.errors import FluxError

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def of_call(run: Run, message: str, code: str = "invalid") -> FluxError:
    """The error of the step that is being run, in the words of one that was found when it was called."""
    step = run.current
    place = f'error calling function "{step.called}" {step.location}: ' if step is not None else ""
    return FluxError(code, place + message, placed=True)

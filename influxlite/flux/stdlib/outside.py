"""Functions that would reach other servers: they are there, with their types, and refuse to be run.

A query must not make this server talk to others. `endpoint`s can be made and even used on streams without rows; the
first row that would be sent is refused.
"""

from __future__ import annotations

from typing import Any

from influxlite.flux.errors import FluxError
from influxlite.flux.stdlib.registry import Builtin, Written, flux, function, transformation


def _refusal(what: str) -> FluxError:
    return FluxError("unimplemented", f"{what} would reach another server, which this one never does for a query")


def refused(package: str, name: str, signature: str) -> Builtin:
    """A function of values that is refused when it is called."""

    def call(**_: Any) -> Any:
        raise _refusal(f"{package}.{name}")

    call.__doc__ = f"Refused: {package}.{name} would reach another server."
    return function(signature, name, pure=False)(call)


def refused_stream(package: str, name: str, signature: str, *, writes: bool = False) -> Builtin:
    """A function of streams that is refused when its tables are asked for; `writes`: they always are."""

    def call(**_: Any) -> Any:
        raise _refusal(f"{package}.{name}")

    call.__doc__ = f"Refused: {package}.{name} would reach another server."
    return transformation(signature, name, side_effect=writes)(call)


def endpoint(package: str, signature: str, given: str) -> Written:
    """`endpoint(…)(mapFn: …)()`: a function that would send each row of a stream.

    `given` are the parameters of the function itself. The package must have a function
    `_send` (made by `sender`).
    """
    return flux(
        signature,
        f"""({given}) => (mapFn) => (tables=<-) => tables |> map(fn: (r) => {{
            message = mapFn(r: r)

            return {{r with _sent: _send()}}
        }})""",
        f"Makes a function that would send each row to another server; {package} refuses the first one.",
    )


def sender(package: str) -> Builtin:
    """The function `_send` that the endpoint of a package calls for each row."""
    return refused(package, "_send", "() => string")

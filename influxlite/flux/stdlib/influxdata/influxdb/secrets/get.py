"""secrets.get: a secret by its name."""

from influxlite.flux.errors import FluxError
from influxlite.flux.stdlib.registry import function


@function("(key: string) => string")
def get(key: str) -> str:  # noqa: ARG001 - there is none of any name
    """No secrets are kept here, so every one is "not found".

    import "influxdata/influxdb/secrets"
    import "experimental"
    array.from(rows: [{message: experimental.catch(fn: () => secrets.get(key: "token")).msg}])
    """
    raise FluxError("not found", "secret not found")

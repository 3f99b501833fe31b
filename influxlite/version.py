"""Which InfluxDB this speaks like.

Clients read the number to know which API to expect (`v2…`), so it comes first; what it really is stands behind the
dash.
"""

from importlib.metadata import PackageNotFoundError, version

SPEAKS_LIKE = "v2.9.1"
SERVER_VERSION = f"{SPEAKS_LIKE}-influxlite"


def program_version() -> str:
    """The version of the installed program."""
    try:
        return version("bedside")
    except PackageNotFoundError:
        return "unknown"

"""runtime.version: which Flux this is."""

from influxlite.flux.stdlib.registry import function

FLUX_VERSION = "v0.200.0"
"""The release of Flux whose language and library these are; InfluxDB says `(devel)` where it was built by hand."""


@function("() => string", pure=False)
def version() -> str:
    """The version of Flux.

    import "runtime"
    array.from(rows: [{a: runtime.version()}])
    """
    return FLUX_VERSION

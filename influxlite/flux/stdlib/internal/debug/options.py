"""debug.getOption, feature and the option vectorize: how a script is set to run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import function, option

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

vectorize = option("bool", False, "Whether map is asked to work on columns. It does where it can, whatever this says.")


@function("(pkg: string, name: string) => A", pure=False)
def get_option(run: Run, pkg: str, name: str) -> Any:
    """The value of option `name` of package `pkg`.

    import "internal/debug"
    array.from(rows: [{_value: debug.getOption(pkg: "internal/debug", name: "vectorize")}])
    """
    options = run.library.universe.names if pkg == "universe" else run.library.package(pkg, None)
    if name not in options:
        raise invalid("option does not exist")
    return options[name]


@function("(key: string) => A")
def feature(key: str) -> None:  # noqa: ARG001 - none is known
    """The value of a feature flag of InfluxDB: null, as there are none here.

    import "internal/debug"
    array.from(rows: [{_value: exists debug.feature(key: "labelPolymorphism")}])
    """
    return

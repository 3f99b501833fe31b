"""yield: a result of the script."""

from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?name: string) => stream[A] where A: Record", side_effect=True)
def yield_(tables: Tables, name: str = "_result") -> Tables:  # noqa: ARG001 - the name is read from the plan
    """Hand the tables out as a result called `name`; they go on unchanged.

    array.from(rows: [{a: 1}]) |> yield(name: "a")
    """
    return tables

"""highestMax, highestAverage, highestCurrent, lowestMin, lowestAverage, lowestCurrent: the groups that stand out."""

from influxlite.flux.stdlib.registry import Written, flux

SELECTOR = "(<-tables: stream[A], n: int, ?column: string, ?groupColumns: [string]) => stream[A] where A: Record"
AGGREGATE = (
    "(<-tables: stream[A], n: int, ?column: string, ?groupColumns: [string]) => stream[B] where A: Record, B: Record"
)


def _ranked(name: str, reducer: str, chosen: str, promise: str, signature: str = SELECTOR) -> Written:
    return flux(
        signature,
        f"""(n, column="_value", groupColumns=[], tables=<-) => tables
            |> group(columns: groupColumns)
            |> {reducer}(column: column)
            |> group(columns: [])
            |> {chosen}(n: n, columns: [column])""",
        f"""Group rows by `groupColumns`; of the {promise} of each group the `n` {chosen} ones, in one table.

        array.from(rows: [{{room: "101", _value: 1.0}}, {{room: "102", _value: 2.0}}])
            |> {name}(n: 1, groupColumns: ["room"])
        """,
    )


highest_max = _ranked("highestMax", "max", "top", "row with the greatest value")
highest_average = _ranked("highestAverage", "mean", "top", "average", AGGREGATE)
highest_current = _ranked("highestCurrent", "last", "top", "last row")
lowest_min = _ranked("lowestMin", "min", "bottom", "row with the smallest value")
lowest_average = _ranked("lowestAverage", "mean", "bottom", "average", AGGREGATE)
lowest_current = _ranked("lowestCurrent", "last", "bottom", "last row")

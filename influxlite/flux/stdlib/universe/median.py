"""median: the value in the middle."""

from influxlite.flux.stdlib.registry import flux

median = flux(
    "(<-tables: stream[A], ?column: string, ?method: string, ?compression: float) => stream[A] where A: Record",
    """(method="estimate_tdigest", compression=0.0, column="_value", tables=<-) =>
        tables |> quantile(q: 0.5, method: method, compression: compression, column: column)""",
    """The 0.5-quantile of a column; see `quantile`.

        array.from(rows: [{_value: 1.0}, {_value: 2.0}, {_value: 4.0}]) |> median()
    """,
)

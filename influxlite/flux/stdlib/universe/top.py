"""top, bottom: the rows with the greatest or smallest values."""

from influxlite.flux.stdlib.registry import flux

SIGNATURE = "(<-tables: stream[A], n: int, ?columns: [string]) => stream[A] where A: Record"

top = flux(
    SIGNATURE,
    '(n, columns=["_value"], tables=<-) => tables |> sort(columns: columns, desc: true) |> limit(n: n)',
    """The first `n` rows in descending order of `columns`.

        array.from(rows: [{_value: 1}, {_value: 3}, {_value: 2}]) |> top(n: 2)
    """,
)
bottom = flux(
    SIGNATURE,
    '(n, columns=["_value"], tables=<-) => tables |> sort(columns: columns) |> limit(n: n)',
    """The first `n` rows in ascending order of `columns`.

        array.from(rows: [{_value: 1}, {_value: 3}, {_value: 2}]) |> bottom(n: 2)
    """,
)

"""increase: how much a counter grew so far."""

from influxlite.flux.stdlib.registry import flux

increase = flux(
    "(<-tables: stream[A], ?columns: [string]) => stream[B] where A: Record, B: Record",
    """(tables=<-, columns=["_value"]) => tables
        |> difference(nonNegative: true, columns: columns, keepFirst: true, initialZero: true)
        |> cumulativeSum(columns: columns)""",
    """The growth of counters up to each row; where one falls it has begun again from 0.

        array.from(rows: [{_value: 1}, {_value: 4}, {_value: 2}]) |> increase()
    """,
)

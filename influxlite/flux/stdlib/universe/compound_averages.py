"""doubleEMA, tripleEMA, kaufmansER: averages made of others."""

from influxlite.flux.stdlib.registry import flux

EXAMPLE = "array.from(rows: [{_value: 1.0}, {_value: 4.0}, {_value: 7.0}, {_value: 5.0}, {_value: 9.0}])"

double_ema = flux(
    "(<-tables: stream[{A with _value: B}], n: int) => stream[C] where B: Numeric, C: Record",
    """(n, tables=<-) => tables
        |> exponentialMovingAverage(n: n)
        |> duplicate(column: "_value", as: "__ema")
        |> exponentialMovingAverage(n: n)
        |> map(fn: (r) => ({r with _value: 2.0 * r.__ema - r._value}))
        |> drop(columns: ["__ema"])""",
    f"""Twice the exponential moving average of `n` rows less the average of that average: it lags less.

        {EXAMPLE} |> doubleEMA(n: 2)
    """,
    name="doubleEMA",
)
triple_ema = flux(
    "(<-tables: stream[{A with _value: B}], n: int) => stream[C] where B: Numeric, C: Record",
    """(n, tables=<-) => tables
        |> exponentialMovingAverage(n: n)
        |> duplicate(column: "_value", as: "__ema1")
        |> exponentialMovingAverage(n: n)
        |> duplicate(column: "_value", as: "__ema2")
        |> exponentialMovingAverage(n: n)
        |> map(fn: (r) => ({r with _value: 3.0 * r.__ema1 - 3.0 * r.__ema2 + r._value}))
        |> drop(columns: ["__ema1", "__ema2"])""",
    f"""Like `doubleEMA`, with the average taken three times.

        {EXAMPLE} |> tripleEMA(n: 2)
    """,
    name="tripleEMA",
)
kaufmans_er = flux(
    "(<-tables: stream[A], n: int) => stream[{B with _value: float, _value: float}] where A: Record",
    """(n, tables=<-) => tables
        |> chandeMomentumOscillator(n: n)
        |> map(fn: (r) => ({r with _value: math.abs(x: r._value) / 100.0}))""",
    f"""Kaufman's efficiency ratio: the change over `n` rows as a share of all movement in them, from 0 to 1.

        {EXAMPLE} |> kaufmansER(n: 2)
    """,
    imports=("math",),
    name="kaufmansER",
)

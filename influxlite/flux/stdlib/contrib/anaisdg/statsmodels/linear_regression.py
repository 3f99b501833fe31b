"""statsmodels.linearRegression: the line through the points of a table."""

from influxlite.flux.stdlib.registry import flux

linear_regression = flux(
    "(<-tables: stream[A]) => stream[{B with y_hat: float, y: float, x: float, sy: H, sxy: G, sxx: F, sx: E, "
    "slope: D, errors: float, N: C}] where A: Record, D: Divisible + Subtractable",
    """(tables=<-) => {
        points = tables
            |> rename(columns: {_value: "y"})
            |> map(fn: (r) => ({r with x: 1.0}))
            |> cumulativeSum(columns: ["x"])
        sums = points
            |> reduce(
                fn: (r, accumulator) => ({
                    sx: r.x + accumulator.sx,
                    sy: r.y + accumulator.sy,
                    N: accumulator.N + 1.0,
                    sxy: r.x * r.y + accumulator.sxy,
                    sxx: r.x * r.x + accumulator.sxx,
                }),
                identity: {sxy: 0.0, sx: 0.0, sy: 0.0, sxx: 0.0, N: 0.0},
            )
            |> findRecord(fn: (key) => true, idx: 0)
        xbar = sums.sx / sums.N
        ybar = sums.sy / sums.N
        slope = (sums.sxy - xbar * ybar * sums.N) / (sums.sxx - sums.N * xbar * xbar)
        intercept = ybar - slope * xbar

        return points
            |> map(fn: (r) => ({r with
                y_hat: slope * r.x + intercept,
                slope: slope,
                sx: sums.sx,
                sxy: sums.sxy,
                sxx: sums.sxx,
                N: sums.N,
                sy: sums.sy,
            }))
            |> map(fn: (r) => ({r with errors: (r.y - r.y_hat) ^ 2.0}))
    }""",
    """The least-squares line through the values of a table, its rows numbered 1, 2 … as `x`: `y_hat` is on the line,
    `errors` the squared distance from it.

        import "contrib/anaisdg/statsmodels"
        array.from(rows: [{_value: 1.0}, {_value: 2.0}, {_value: 4.0}]) |> statsmodels.linearRegression()
    """,
)

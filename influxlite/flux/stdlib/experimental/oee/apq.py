"""oee.computeAPQ, APQ: availability, performance and quality of a production."""

from influxlite.flux.stdlib.registry import flux

compute_apq = flux(
    "(idealCycleTime: A, partEvents: stream[B], plannedTime: C, productionEvents: stream[D], runningState: E) => "
    "stream[{F with runTime: H, quality: float, performance: float, oee: float, availability: float, _time: G, "
    "_stop: G}] where B: Record, D: Record, E: Equatable",
    """(productionEvents, partEvents, runningState, plannedTime, idealCycleTime) => {
        made = (column) => partEvents
            |> difference(columns: [column], nonNegative: true)
            |> sum(column: column)
            |> duplicate(column: "_stop", as: "_time")
        parts = made(column: "partCount")
        availability = productionEvents
            |> events.duration(unit: 1ns, columnName: "runTime")
            |> filter(fn: (r) => r.state == runningState)
            |> sum(column: "runTime")
            |> map(fn: (r) => ({r with
                _time: r._stop,
                availability: float(v: r.runTime) / float(v: int(v: plannedTime)),
            }))
        performance = experimental.join(
            left: availability,
            right: parts,
            fn: (left, right) => ({left with
                performance: float(v: right.partCount) * float(v: int(v: idealCycleTime)) / float(v: left.runTime),
            }),
        )
        quality = experimental.join(
            left: made(column: "badCount"),
            right: parts,
            fn: (left, right) => ({left with
                quality: (float(v: right.partCount) - float(v: left.badCount)) / float(v: right.partCount),
            }),
        )

        return experimental.join(
            left: performance,
            right: quality,
            fn: (left, right) => ({left with
                quality: right.quality,
                oee: left.availability * left.performance * right.quality,
            }),
        )
    }""",
    """The share of the planned time that a machine ran, of the ideal speed that it had, of its parts that are good, and
    the product of the three.

        import "experimental/oee"
        rows = array.from(rows: [
            {_time: 2026-01-01T00:00:00Z, state: "running", partCount: 0, badCount: 0},
            {_time: 2026-01-01T00:30:00Z, state: "stopped", partCount: 20, badCount: 1},
        ]) |> range(start: 2026-01-01T00:00:00Z, stop: 2026-01-01T01:00:00Z)
        oee.computeAPQ(
            productionEvents: rows,
            partEvents: rows,
            runningState: "running",
            plannedTime: 1h,
            idealCycleTime: 1m,
        )
    """,
    imports=("contrib/tomhollingworth/events", "experimental"),
    name="computeAPQ",
)
apq = flux(
    "(<-tables: stream[D], idealCycleTime: A, plannedTime: B, runningState: C) => stream[{E with runTime: G, "
    "quality: float, performance: float, oee: float, availability: float, _time: F, _stop: F}] where C: "
    "Equatable, D: Record",
    """(tables=<-, runningState, plannedTime, idealCycleTime) => computeAPQ(
        productionEvents: tables,
        partEvents: tables,
        runningState: runningState,
        plannedTime: plannedTime,
        idealCycleTime: idealCycleTime,
    )""",
    """`computeAPQ` where one stream tells both states and counts.

        import "experimental/oee"
        array.from(rows: [
            {_time: 2026-01-01T00:00:00Z, state: "running", partCount: 0, badCount: 0},
            {_time: 2026-01-01T00:30:00Z, state: "stopped", partCount: 20, badCount: 1},
        ])
            |> range(start: 2026-01-01T00:00:00Z, stop: 2026-01-01T01:00:00Z)
            |> oee.APQ(runningState: "running", plannedTime: 1h, idealCycleTime: 1m)
    """,
    name="APQ",
)

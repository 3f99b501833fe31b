"""prometheus.histogramQuantile: quantiles of the histograms that Telegraf collects from Prometheus' clients."""

from influxlite.flux.stdlib.registry import flux

histogram_quantile = flux(
    "(<-tables: stream[{B with le: D, _field: C}], quantile: float, ?metricVersion: A, ?onNonmonotonic: string) "
    "=> stream[E] where A: Equatable, C: Equatable, E: Record",
    """(tables=<-, quantile, metricVersion=2, onNonmonotonic="error") => {
        quantileOf = (tables=<-, apart) => tables
            |> group(mode: "except", columns: apart)
            |> universe.histogramQuantile(quantile: quantile, onNonmonotonic: onNonmonotonic)
            |> group(mode: "except", columns: ["le", "_value", "_time"])
            |> set(key: "quantile", value: string(v: quantile))
            |> experimental.group(columns: ["quantile"], mode: "extend")

        return if metricVersion == 2 then
            tables
                |> group(mode: "except", columns: ["le", "_value"])
                |> map(fn: (r) => ({r with le: float(v: r.le)}))
                |> quantileOf(apart: ["le", "_value"])
        else if metricVersion == 1 then
            tables
                |> filter(fn: (r) => r._field != "sum" and r._field != "count")
                |> map(fn: (r) => ({r with le: float(v: r._field)}))
                |> quantileOf(apart: ["_field", "le", "_value"])
        else
            universe.die(msg: "Invalid metricVersion. Available versions are 1 and 2.")
    }""",
    """The quantile of each histogram, a row a bucket: its bound is in `le` (`metricVersion` 2), or is
    the name of its field (1).

        import "experimental/prometheus"
        array.from(rows: [
            {_time: 2026-01-01T00:00:00Z, _measurement: "m", _field: "f", le: "1", _value: 2.0},
            {_time: 2026-01-01T00:00:00Z, _measurement: "m", _field: "f", le: "+Inf", _value: 4.0},
        ]) |> prometheus.histogramQuantile(quantile: 0.25)
    """,
    imports=("universe", "experimental"),
)

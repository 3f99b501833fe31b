"""sample.list, data, alignToNow: InfluxData's sample data sets."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Tables, make_block
from influxlite.flux.plan.steps import Stream
from influxlite.flux.stdlib.registry import flux, function, transformation

PLACE = "https://influx-testdata.s3.amazonaws.com/"
SETS = {
    "airSensor": (
        (
            "Simulated office building air sensor data with temperature, humidity, and carbon monoxide metrics. "
            "Data is updated approximately every 15m."
        ),
        "air-sensor-data-annotated.csv",
        "~600 KB",
        "live",
    ),
    "birdMigration": (
        (
            '2019 African bird migration data from the "Movebank: Animal Tracking" dataset. '
            "Contains geotemporal data between 2019-01-01 and 2019-12-31."
        ),
        "bird-migration.csv",
        "~1.2 MB",
        "static",
    ),
    "bitcoin": (
        (
            "Bitcoin price data from the last 30 days – Powered by CoinDesk – https://www.coindesk.com/price/bitcoin. "
            "Data is updated approximately every 15m."
        ),
        "bitcoin-historical-annotated.csv",
        "~700 KB",
        "live",
    ),
    "machineProduction": (
        (
            "States and metrics reported from four automated grinding wheel stations on a production line. "
            "Contains data from 2021-08-01."
        ),
        "machine-production.csv",
        "~11.9 MB",
        "static",
    ),
    "noaa": (
        (
            "Latest observations from the NOAA National Data Buoy Center (NDBC). "
            "Contains only the most recent observations (no historical data). Data is updated approximately every 15m."
        ),
        "noaa-ndbc-latest-observations-annotated.csv",
        "~1.3 MB",
        "live",
    ),
    "noaaWater": (
        (
            "Water level observations from two stations reported by the NOAA Center for Operational Oceanographic "
            "Products and Services. Contains data between 2019-08-17 and 2019-09-17."
        ),
        "noaa.csv",
        "~10.3 MB",
        "static",
    ),
    "usgs": (
        (
            "USGS earthquake data from the last week. Contains geotemporal data collected from USGS seismic sensors "
            "around the world. Data is updated approximately every 15m."
        ),
        "usgs-earthquake-all-week-annotated.csv",
        "~6 MB",
        "live",
    ),
}
"""Name to description, file, size and whether it grows."""
COLUMNS = ("name", "description", "url", "size", "type")


@transformation("() => stream[{name: string, description: string, url: string, size: string, type: string}]", "list")
def list_() -> Tables:
    """The data sets that there are.

    import "influxdata/influxdb/sample"
    sample.list()
    """
    rows = [(name, text, PLACE + file, size, kind) for name, (text, file, size, kind) in SETS.items()]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String()), orient="row")
    return [make_block(dict.fromkeys(COLUMNS, "string"), (), frame)]


@function("(set: string) => stream[A] where A: Record", pure=False)
def data(set: str) -> Stream:  # noqa: A002 - Flux's name
    """Refused: the data lie outside, and nothing is fetched from there.

    import "influxdata/influxdb/sample"
    import "experimental"
    array.from(rows: [{msg: experimental.catch(fn: () => sample.data(set: "noaa")).msg}])
    """
    if set not in SETS:
        raise invalid("Invalid sample data set. Use sample.list to view available datasets.")
    raise invalid(f"sample data set {set} lies outside ({PLACE}{SETS[set][1]}): reading over the network is off here")


align_to_now = flux(
    "(<-tables: stream[A]) => stream[A] where A: Record",
    """(tables=<-) => {
        newest = tables
            |> keep(columns: ["_time"])
            |> last(column: "_time")
            |> findRecord(fn: (key) => true, idx: 0)

        return tables |> timeShift(duration: duration(v: int(v: now()) - int(v: newest._time)))
    }""",
    """Move all times so that the newest is now.

        import "influxdata/influxdb/sample"
        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1}]) |> sample.alignToNow()
    """,
)

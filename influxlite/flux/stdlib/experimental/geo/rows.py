"""geo.shapeData, gridFilter, groupByArea, asTracks …: tables of places."""

from influxlite.flux.stdlib.registry import flux

SIZES = "?minSize: int, ?maxSize: int, ?level: int, ?s2cellIDLevel: int"
ROWS = "stream[A]"
PLACES = """import "experimental/geo"
        array.from(rows: [
            {_time: 2026-01-01T00:00:00Z, _measurement: "m", id: "a", tid: "1", lat: 52.5, lon: 13.4},
            {_time: 2026-01-01T00:01:00Z, _measurement: "m", id: "a", tid: "1", lat: 52.6, lon: 13.5},
        ])"""
CELLS = """
            |> map(fn: (r) => ({r with
                s2_cell_id: geo.s2CellIDToken(point: {lat: r.lat, lon: r.lon}, level: 10),
            }))
            |> group(columns: ["s2_cell_id"])"""

_detect_level = flux(
    "(<-tables: stream[{A with s2_cell_id: string}]) => int",
    """(tables=<-) => {
        first = tables |> tableFind(fn: (key) => exists key.s2_cell_id) |> getRecord(idx: 0)

        return if exists first then getLevel(token: first.s2_cell_id) else 666
    }""",
    "The level of the cells that rows are in.",
)
to_rows = flux(
    "(<-tables: stream[A]) => stream[B] where A: Record, B: Record",
    "(tables=<-) => tables |> v1.fieldsAsCols()",
    """A column for each field, so that latitude and longitude stand in one row.

        import "experimental/geo"
        array.from(rows: [
            {_time: 2026-01-01T00:00:00Z, _field: "lat", _value: 52.5},
            {_time: 2026-01-01T00:00:00Z, _field: "lon", _value: 13.4},
        ]) |> geo.toRows()
    """,
    imports=("influxdata/influxdb/v1",),
)
shape_data = flux(
    "(<-tables: stream[{C with _field: string}], latField: A, level: int, lonField: B) => stream[{D with "
    "s2_cell_id: string, lon: float, lat: float}] where A: Equatable, B: Equatable",
    """(tables=<-, latField, lonField, level) => tables
        |> map(fn: (r) => ({r with _field:
            if r._field == latField then "lat" else if r._field == lonField then "lon" else r._field
        }))
        |> toRows()
        |> map(fn: (r) => ({r with s2_cell_id: s2CellIDToken(point: {lat: r.lat, lon: r.lon}, level: level)}))
        |> experimental.group(columns: ["s2_cell_id"], mode: "extend")""",
    """Name the fields of latitude and longitude `lat` and `lon`, put them into one row, and group by the S2 cell.

        import "experimental/geo"
        array.from(rows: [
            {_time: 2026-01-01T00:00:00Z, _field: "latitude", _value: 52.5},
            {_time: 2026-01-01T00:00:00Z, _field: "longitude", _value: 13.4},
        ]) |> geo.shapeData(latField: "latitude", lonField: "longitude", level: 10)
    """,
    imports=("experimental",),
)
grid_filter = flux(
    f"(<-tables: stream[{{A with s2_cell_id: string}}], region: B, {SIZES}, ?units: {{distance: string}})"
    " => stream[{A with s2_cell_id: string}] where B: Record",
    """(tables=<-, region, minSize=24, maxSize=-1, level=-1, s2cellIDLevel=-1, units=units) => {
        ownLevel = if s2cellIDLevel == -1 then tables |> _detectLevel() else s2cellIDLevel
        grid = getGrid(
            region: region,
            minSize: minSize,
            maxSize: maxSize,
            level: level,
            maxLevel: ownLevel,
            units: units,
        )

        return tables
            |> filter(fn: (r) =>
                if grid.level == ownLevel then
                    contains(value: r.s2_cell_id, set: grid.set)
                else
                    contains(value: s2CellIDToken(token: r.s2_cell_id, level: grid.level), set: grid.set)
            )
    }""",
    f"""The rows whose S2 cell is among those that cover a region: fast, and a little more than the region.

        {PLACES}{CELLS}
            |> geo.gridFilter(region: {{lat: 52.5, lon: 13.4, radius: 10.0}})
    """,
)
strict_filter = flux(
    "(<-tables: stream[{A with lat: B, lon: C}], region: D) => stream[{A with lat: B, lon: C}] where D: Record",
    """(tables=<-, region) => tables
        |> filter(fn: (r) => ST_Contains(region: region, geometry: {lat: r.lat, lon: r.lon}))""",
    f"""The rows that lie in a region.

        {PLACES}
            |> geo.strictFilter(region: {{lat: 52.5, lon: 13.4, radius: 10.0}})
    """,
)
filter_rows = flux(
    "(<-tables: stream[{B with s2_cell_id: string, lon: D, lat: C}], region: A, ?level: int, ?maxSize: int, "
    "?minSize: int, ?s2cellIDLevel: int, ?strict: bool) => stream[{B with s2_cell_id: string, lon: D, lat: C}] "
    "where A: Record",
    """(tables=<-, region, minSize=24, maxSize=-1, level=-1, s2cellIDLevel=-1, strict=true) => {
        names = tables |> columns(column: "columns") |> findColumn(column: "columns", fn: (key) => true)
        near = tables
            |> gridFilter(
                region: region,
                minSize: minSize,
                maxSize: maxSize,
                level: level,
                s2cellIDLevel: s2cellIDLevel,
            )
        rows = if contains(value: "lat", set: names) then near else near |> toRows()

        return if strict then rows |> strictFilter(region: region) else rows
    }""",
    f"""The rows in a region, found by their S2 cells first; without `strict` the cells alone decide.

        {PLACES}{CELLS}
            |> geo.filterRows(region: {{lat: 52.5, lon: 13.4, radius: 10.0}})
    """,
)
group_by_area = flux(
    "(<-tables: stream[{A with s2_cell_id: string, lon: float, lat: float}], level: int, newColumn: string, "
    "?s2cellIDLevel: int) => stream[B] where B: Record",
    """(tables=<-, newColumn, level, s2cellIDLevel=-1) => {
        ownLevel = if s2cellIDLevel == -1 then tables |> _detectLevel() else s2cellIDLevel
        placed = if level == ownLevel then
            tables |> duplicate(column: "s2_cell_id", as: newColumn)
        else
            tables
                |> map(fn: (r) => ({r with
                    _s2_cell_id_xxx: s2CellIDToken(point: {lat: r.lat, lon: r.lon}, level: level),
                }))
                |> rename(columns: {_s2_cell_id_xxx: newColumn})

        return placed |> group(columns: [newColumn])
    }""",
    f"""Group rows by the S2 cell of a level.

        {PLACES}{CELLS}
            |> geo.groupByArea(newColumn: "area", level: 5)
    """,
)
as_tracks = flux(
    "(<-tables: stream[A], ?groupBy: [string], ?orderBy: [string]) => stream[A] where A: Record",
    """(tables=<-, groupBy=["id", "tid"], orderBy=["_time"]) => tables
        |> group(columns: groupBy)
        |> sort(columns: orderBy)""",
    f"""One table per track, in the order of time.

        {PLACES}
            |> geo.asTracks()
    """,
)
total_distance = flux(
    "(<-tables: stream[{B with lon: float, lat: float}], ?outputColumn: A) => stream[C] where C: Record",
    """(tables=<-, outputColumn="_value") => tables
        |> reduce(
            identity: {index: 0, lat: 0.0, lon: 0.0, totalDistance: 0.0},
            fn: (r, accumulator) => {
                here = {lat: r.lat, lon: r.lon}
                before = if accumulator.index == 0 then here else {lat: accumulator.lat, lon: accumulator.lon}

                return {
                    index: accumulator.index + 1,
                    lat: r.lat,
                    lon: r.lon,
                    totalDistance: accumulator.totalDistance + ST_Distance(region: before, geometry: here),
                }
            },
        )
        |> drop(columns: ["index", "lat", "lon"])
        |> rename(columns: {totalDistance: outputColumn})""",
    f"""How far each table's rows go from one to the next.

        {PLACES}
            |> geo.totalDistance()
    """,
)

"""geo.ST_Contains, ST_Distance …: geometry in the unit that the option `units` names."""

from influxlite.flux.stdlib.registry import flux

UNITS = "?units: {distance: string}"
TWO = f"(region: A, geometry: B, {UNITS}) => %s where A: Record, B: Record"

st_contains_in_units = flux(
    TWO % "bool",
    "(region, geometry, units=units) => stContains(region: region, geometry: geometry, units: units)",
    """Whether a circle, box or polygon holds a point, or all points of a linestring.

        import "experimental/geo"
        array.from(rows: [{v: geo.ST_Contains(
            region: {minLat: 52.0, maxLat: 53.0, minLon: 13.0, maxLon: 14.0},
            geometry: {lat: 52.5, lon: 13.4},
        )}])
    """,
    name="ST_Contains",
)
st_distance_in_units = flux(
    TWO % "float",
    "(region, geometry, units=units) => stDistance(region: region, geometry: geometry, units: units)",
    """How far a point or a linestring is from a point, circle, box or polygon.

        import "experimental/geo"
        array.from(rows: [{v: geo.ST_Distance(region: {lat: 52.5, lon: 13.4}, geometry: {lat: 48.1, lon: 11.6})}])
    """,
    name="ST_Distance",
)
st_d_within = flux(
    f"(distance: A, geometry: B, region: C, {UNITS}) => bool where A: Comparable + Equatable, B: Record, C: Record",
    """(region, geometry, distance, units=units) =>
        stDistance(region: region, geometry: geometry, units: units) <= distance""",
    """Whether a point or a linestring is no further than `distance` from a point, circle, box or polygon.

        import "experimental/geo"
        array.from(rows: [{v: geo.ST_DWithin(
            region: {lat: 52.5, lon: 13.4},
            geometry: {lat: 48.1, lon: 11.6},
            distance: 1000.0,
        )}])
    """,
    name="ST_DWithin",
)
st_intersects = flux(
    TWO % "bool",
    "(region, geometry, units=units) => stDistance(region: region, geometry: geometry, units: units) <= 0.0",
    """Whether a point or a linestring meets a point, circle, box or polygon.

        import "experimental/geo"
        array.from(rows: [{v: geo.ST_Intersects(
            region: {lat: 52.5, lon: 13.4, radius: 10.0},
            geometry: {linestring: "13.0 52.5, 14.0 52.5"},
        )}])
    """,
    name="ST_Intersects",
)
st_length_in_units = flux(
    f"(geometry: A, {UNITS}) => float where A: Record",
    "(geometry, units=units) => stLength(geometry: geometry, units: units)",
    """How long a linestring is.

        import "experimental/geo"
        array.from(rows: [{v: geo.ST_Length(geometry: {linestring: "13.4 52.5, 11.6 48.1"})}])
    """,
    name="ST_Length",
)
st_line_string = flux(
    "(<-tables: stream[{A with lat: B, lon: C}]) => stream[D] where D: Record",
    """(tables=<-) => tables
        |> reduce(
            fn: (r, accumulator) => ({
                __linestring: accumulator.__linestring + (if accumulator.__count > 0 then ", " else "")
                    + string(v: r.lon) + " " + string(v: r.lat),
                __count: accumulator.__count + 1,
            }),
            identity: {__linestring: "", __count: 0},
        )
        |> drop(columns: ["__count"])
        |> rename(columns: {__linestring: "st_linestring"})""",
    """The points of each table as a linestring, in `st_linestring`.

        import "experimental/geo"
        array.from(rows: [{lat: 52.5, lon: 13.4}, {lat: 48.1, lon: 11.6}]) |> geo.ST_LineString()
    """,
    name="ST_LineString",
)

"""toBool, toFloat, toInt, toString, toTime, toUInt: the column `_value` as another type."""

from influxlite.flux.stdlib.registry import flux

SIGNATURE = "(<-tables: stream[{A with _value: B}]) => stream[{A with _value: B, _value: %s}]"


def _written(cast: str) -> str:
    return f"(tables=<-) => tables |> map(fn: (r) => ({{r with _value: {cast}(v: r._value)}}))"


to_bool = flux(SIGNATURE % "bool", _written("bool"), "`_value` as booleans.")
to_float = flux(SIGNATURE % "float", _written("float"), "`_value` as floats.")
to_int = flux(SIGNATURE % "int", _written("int"), "`_value` as integers.")
to_string = flux(SIGNATURE % "string", _written("string"), "`_value` as texts.")
to_time = flux(SIGNATURE % "time", _written("time"), "`_value` as times.")
to_u_int = flux(SIGNATURE % "uint", _written("uint"), "`_value` as unsigned integers.")

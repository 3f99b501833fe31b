"""toBool, toFloat, toInt, toString, toTime, toUInt: the column `_value` as another type."""

from influxlite.flux.stdlib.registry import Written, flux

SIGNATURE = "(<-tables: stream[{A with _value: B}]) => stream[{A with _value: B, _value: %s}]"


def _made(name: str, cast: str, called: str, example: str) -> Written:
    return flux(
        SIGNATURE % cast,
        f"(tables=<-) => tables |> map(fn: (r) => ({{r with _value: {cast}(v: r._value)}}))",
        f"""`_value` as {called}.

        array.from(rows: [{{_value: {example}}}]) |> {name}()
        """,
    )


to_bool = _made("toBool", "bool", "booleans", '"true"')
to_float = _made("toFloat", "float", "floats", '"9.5"')
to_int = _made("toInt", "int", "integers", "9.5")
to_string = _made("toString", "string", "texts", "9.5")
to_time = _made("toTime", "time", "times", "1767225600000000000")
to_u_int = _made("toUInt", "uint", "unsigned integers", "9.5")

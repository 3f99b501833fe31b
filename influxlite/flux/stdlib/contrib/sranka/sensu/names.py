"""sensu.toSensuName: names that Sensu takes."""

import re

from influxlite.flux.stdlib.registry import function


@function("(v: string) => string", nulls=False)
def to_sensu_name(v: str) -> str:
    """A text with an underscore for all that is no letter, digit, `.`, `_` or `-`.

    import "contrib/sranka/sensu"
    array.from(rows: [{v: sensu.toSensuName(v: "room 101")}])
    """
    return re.sub(r"[^a-zA-Z0-9_.\-]", "_", v)

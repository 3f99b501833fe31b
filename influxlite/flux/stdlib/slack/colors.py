"""slack.validateColorString: colours of messages."""

from __future__ import annotations

import re

from influxlite.flux.errors import NullError, invalid
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import is_null

NAMES = ("good", "warning", "danger")


@function("(color: string) => string")
def validate_color_string(color: str) -> str:
    """The colour, where it is "good", "warning", "danger" or `#` and six hexadecimal digits; otherwise an error.

    import "slack"
    array.from(rows: [{v: slack.validateColorString(color: "#00ff00")}])
    """
    if is_null(color):
        raise NullError("color")
    if color not in NAMES and not re.fullmatch(r"#\+?0*[0-9a-fA-F]{1,6}", color):
        raise invalid("could not parse color string")
    return color

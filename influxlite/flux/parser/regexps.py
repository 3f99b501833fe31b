"""Is a regular expression one? Asked of the engine that InfluxDB's own parser asks, in its words."""

from __future__ import annotations

from functools import lru_cache

import polars as pl
from polars.exceptions import ComputeError

_LONGEST_MESSAGE = 2_000


@lru_cache(maxsize=1024)
def regexp_fault(pattern: str) -> str | None:
    """What is wrong with this regular expression, in InfluxDB's words; None when nothing is."""
    try:
        pl.Series([""], dtype=pl.String).str.contains(pattern)
    except ComputeError as error:
        message = str(error).partition("\n\nThis error occurred")[0]  # what follows is about polars
        start = max(message.find("regex parse error"), 0)
        return message[start : start + _LONGEST_MESSAGE].replace("\n", "").replace("    ", " ").replace("^", "")
    return None

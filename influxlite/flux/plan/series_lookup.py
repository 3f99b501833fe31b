"""The series of a bucket in InfluxDB's order, and by what their columns hold, remembered until a series comes or goes.

A query that names a patient looks at that patient's series and not at all of them. What is remembered is bounded by the
number of series: a list of them, and for each column that was asked for the places of its values.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from influxlite.storage.series import Series

MOST_BUCKETS = 64
"""Of so many buckets of a storage the series are remembered, those that were asked for last."""


class SeriesLookup:
    """The series of a bucket at one moment."""

    __slots__ = ("_places", "dense", "ordered")

    def __init__(self, series: Iterable[Series]) -> None:
        self.ordered: Sequence[Series] = sorted(series, key=series_order)
        self._places: dict[str, dict[str, list[int]]] = {}
        self.dense: set[int] = set()  # the ids of series of which a read found more points than it had guessed

    def having(self, column: str, texts: Iterable[str]) -> list[int]:
        """The places in `ordered`, ascending, of the series whose column holds one of some texts."""
        found = self._places.get(column)
        if found is None:
            found = {}
            for place, series in enumerate(self.ordered):
                text = tag(series, column)
                if text is not None:
                    found.setdefault(text, []).append(place)
            self._places[column] = found
        parts = [found[text] for text in set(texts) if text in found]
        return parts[0] if len(parts) == 1 else sorted(place for part in parts for place in part)


def series_order(series: Series) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """What InfluxDB's storage sorts series by."""
    return series.measurement, series.tags, series.field


def tag(series: Series, column: str) -> str | None:
    """What all rows of a series hold in a column, None where they lack it."""
    if column == "_measurement":
        return series.measurement
    if column == "_field":
        return series.field
    for name, text in series.tags:
        if name == column:
            return text
    return None


_known: WeakKeyDictionary[Any, OrderedDict[str, tuple[object, SeriesLookup]]] = WeakKeyDictionary()
_guard = Lock()


def lookup(storage: Any, bucket_id: str) -> SeriesLookup:
    """The series that a bucket holds now."""
    version = storage.series_version(bucket_id)
    with _guard:
        buckets = _known.setdefault(storage, OrderedDict())
        known = buckets.get(bucket_id)
        if known is not None and known[0] == version:
            buckets.move_to_end(bucket_id)
            return known[1]
    made = SeriesLookup(storage.series(bucket_id))  # at or after the version: at worst it is made once more
    with _guard:
        buckets[bucket_id] = (version, made)
        buckets.move_to_end(bucket_id)
        if len(buckets) > MOST_BUCKETS:
            buckets.popitem(last=False)
    return made

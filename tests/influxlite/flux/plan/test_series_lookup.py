"""Series are found by what their columns hold, also right after some came or went."""

from influxlite.flux.plan.series_lookup import lookup, series_order, tag
from tests.influxlite.conftest import Box


def test_having(box: Box) -> None:
    """The places of a column's texts are those that going over all series finds."""
    box.write("".join(f"cpap,room={100 + i % 3},mrn={i} x={i},n={i}i {i}\n" for i in range(9)) + "bed,room=101 x=1 1\n")
    known = lookup(box.storage, box.bucket.id)
    assert list(known.ordered) == sorted(box.storage.series(box.bucket.id), key=series_order)
    for column in ("room", "mrn", "_field", "_measurement", "none"):
        for texts in (["101"], ["x"], ["101", "102", "101"], ["3", "bed"], []):
            want = [i for i, series in enumerate(known.ordered) if tag(series, column) in texts]
            assert known.having(column, texts) == want


def test_follows_changes(box: Box) -> None:
    """What was found before is found again without looking, until series come or go."""
    box.write("cpap,room=101 x=1 1\n")
    first = lookup(box.storage, box.bucket.id)
    box.write("cpap,room=101 x=2 2\n")
    assert lookup(box.storage, box.bucket.id) is first
    box.write("cpap,room=102 x=2 2\n")
    assert lookup(box.storage, box.bucket.id).having("room", ["102"]) == [1]
    box.storage.delete(first.ordered, -(2**63), 2**63 - 1)
    assert lookup(box.storage, box.bucket.id).having("room", ["101"]) == []

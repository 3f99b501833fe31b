"""The order of `go_sort` is that of Go: the digests were printed by a Go program that calls `sort.Slice`."""

import pytest

from influxlite.flux.go_sort import order_of

CASES = [
    ([(i * i + 3 * i) % 3 for i in range(18)], 406102870),
    ([(i * i + 3 * i) % 7 for i in range(40)], 812145197),
    ([i % 5 for i in range(60)], 695159214),
    ([(64 - i) // 4 for i in range(64)], 616784544),
    ([(i * i + 3 * i) % 11 for i in range(130)], 783400361),
    ([i * 7919 % 200 % 3 + i // 50 for i in range(200)], 678745316),
]


def digest(places: list[int]) -> int:
    """One number that tells the order of places."""
    found = 0
    for place in places:
        found = (found * 31 + place) % 1_000_000_007
    return found


@pytest.mark.parametrize(("keys", "printed"), CASES)
def test_equal_keys_stand_as_go_leaves_them(keys: list[int], printed: int) -> None:
    """Not only are the keys sorted: the places of equal ones are Go's."""
    places = list(order_of(keys))
    assert [keys[place] for place in places] == sorted(keys)
    assert digest(places) == printed


def test_few_keys_and_sorted_ones_keep_their_order() -> None:
    """Up to twelve keys the sort is stable, and what is sorted is not touched."""
    assert list(order_of([1, 0, 1, 0])) == [1, 3, 0, 2]
    assert list(order_of([i // 9 for i in range(90)])) == list(range(90))

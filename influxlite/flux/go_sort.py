"""The order in which Go's `sort.Slice` leaves elements that sort alike: it is not stable, but always the same.

InfluxDB's storage sorts the series of a read by their group so; of a group of more than a dozen series the first and
the last row, and the order of all, follow from it. The algorithm is that of Go 1.19 and later, `sort/zsortfunc.go`
(pattern-defeating quicksort, https://arxiv.org/abs/2106.05123): any other choice of a pivot gives another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import le

MAX_INSERTION = 12
SHORTEST_SHIFTING = 50
SHORTEST_NINTHER = 50
MAX_STEPS = 5
MAX_SWAPS = 12
WORD = (1 << 64) - 1


def order_of(keys: Sequence[int]) -> Sequence[int]:
    """The places of `keys` in their order: those of the smallest first."""
    if len(keys) <= MAX_INSERTION:  # an insertion sort, which is stable
        return sorted(range(len(keys)), key=keys.__getitem__)
    if all(map(le, keys, keys[1:])):  # what is sorted stays as it is
        return range(len(keys))
    return _order_of(tuple(keys))


@lru_cache(maxsize=64)  # dashboards group the same series again and again
def _order_of(keys: tuple[int, ...]) -> Sequence[int]:
    data = [(key, place) for place, key in enumerate(keys)]
    _Sort(data).quick(0, len(data), len(data).bit_length())
    return [place for _, place in data]


class _Sort:
    """One run of the algorithm over pairs of key and place, of which the keys alone are compared."""

    def __init__(self, data: list[tuple[int, int]]) -> None:
        self.data = data
        self.swaps = 0

    def less(self, i: int, j: int) -> bool:
        return self.data[i][0] < self.data[j][0]

    def swap(self, i: int, j: int) -> None:
        data = self.data
        data[i], data[j] = data[j], data[i]

    def quick(self, a: int, b: int, limit: int) -> None:
        """Sort `data[a:b]`; after `limit` bad pivots by a heap."""
        balanced = partitioned = True
        while b - a > MAX_INSERTION:
            length = b - a
            if limit == 0:
                self.heap(a, b)
                return
            if not balanced:
                self.break_patterns(a, b)
                limit -= 1
            pivot, hint = self.choose_pivot(a, b)
            if hint < 0:
                self.data[a:b] = self.data[a:b][::-1]
                pivot, hint = b - 1 - (pivot - a), 1
            if balanced and partitioned and hint > 0 and self.partial_insertion(a, b):
                return
            if a > 0 and not self.less(a - 1, pivot):
                a = self.partition_equal(a, b, pivot)
                continue
            middle, partitioned = self.partition(a, b, pivot)
            left, right = middle - a, b - middle
            balanced = min(left, right) >= length // 8
            if left < right:
                self.quick(a, middle, limit)
                a = middle + 1
            else:
                self.quick(middle + 1, b, limit)
                b = middle
        self.data[a:b] = sorted(self.data[a:b], key=lambda pair: pair[0])

    def choose_pivot(self, a: int, b: int) -> tuple[int, int]:
        """A place for the pivot, and 1 where the part seems to ascend, -1 where it seems to descend."""
        quarter, self.swaps = (b - a) // 4, 0
        i, j, k = (a + quarter * n for n in (1, 2, 3))
        if b - a >= SHORTEST_NINTHER:
            i, j, k = (self.median(n - 1, n, n + 1) for n in (i, j, k))
        j = self.median(i, j, k)
        return j, 1 if self.swaps == 0 else -1 if self.swaps == MAX_SWAPS else 0

    def median(self, a: int, b: int, c: int) -> int:
        a, b = self.ordered(a, b)
        b, c = self.ordered(b, c)
        a, b = self.ordered(a, b)
        return b

    def ordered(self, a: int, b: int) -> tuple[int, int]:
        if self.less(b, a):
            self.swaps += 1
            return b, a
        return a, b

    def partition(self, a: int, b: int, pivot: int) -> tuple[int, bool]:
        """Put what is smaller than the pivot in front of it; its place, and whether all was so already."""
        self.swap(a, pivot)
        i, j = self.next_pair(a, a + 1, b - 1)
        if i > j:
            self.swap(j, a)
            return j, True
        while i <= j:
            self.swap(i, j)
            i, j = self.next_pair(a, i + 1, j - 1)
        self.swap(j, a)
        return j, False

    def next_pair(self, a: int, i: int, j: int) -> tuple[int, int]:
        """The next two elements that stand on the wrong sides of the pivot, which is at `a`."""
        data, pivot = self.data, self.data[a][0]
        while i <= j and data[i][0] < pivot:
            i += 1
        while i <= j and data[j][0] >= pivot:
            j -= 1
        return i, j

    def partition_equal(self, a: int, b: int, pivot: int) -> int:
        """Put what equals the pivot in front of what is greater, where none is smaller; the first greater one."""
        self.swap(a, pivot)
        data, value = self.data, self.data[a][0]
        i, j = a + 1, b - 1
        while True:
            while i <= j and data[i][0] <= value:
                i += 1
            while i <= j and data[j][0] > value:
                j -= 1
            if i > j:
                return i
            self.swap(i, j)
            i, j = i + 1, j - 1

    def partial_insertion(self, a: int, b: int) -> bool:
        """Mend a few places of a part that is nearly sorted; whether it is sorted then."""
        i = a + 1
        for _ in range(MAX_STEPS):
            while i < b and not self.less(i, i - 1):
                i += 1
            if i == b:
                return True
            if b - a < SHORTEST_SHIFTING:
                return False
            self.swap(i, i - 1)
            j = i - 1
            while i - a >= 2 and j >= 1 and self.less(j, j - 1):
                self.swap(j, j - 1)
                j -= 1
            j = i + 1
            while b - i >= 2 and j < b and self.less(j, j - 1):
                self.swap(j, j - 1)
                j += 1
        return False

    def break_patterns(self, a: int, b: int) -> None:
        """Move three elements to places that look random and never change."""
        length = random = b - a
        if length < 8:
            return
        modulus = 1 << length.bit_length()
        middle = a + length // 4 * 2
        for place in range(middle - 1, middle + 2):
            random ^= random << 13 & WORD
            random ^= random >> 7
            random ^= random << 17 & WORD
            other = random & (modulus - 1)
            self.swap(place, a + (other - length if other >= length else other))

    def heap(self, a: int, b: int) -> None:
        size = b - a
        for root in range((size - 1) // 2, -1, -1):
            self.sift_down(root, size, a)
        for end in range(size - 1, -1, -1):
            self.swap(a, a + end)
            self.sift_down(0, end, a)

    def sift_down(self, root: int, end: int, first: int) -> None:
        while (child := 2 * root + 1) < end:
            if child + 1 < end and self.less(first + child, first + child + 1):
                child += 1
            if not self.less(first + root, first + child):
                return
            self.swap(first + root, first + child)
            root = child

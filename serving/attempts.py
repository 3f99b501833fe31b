"""Slows whoever guesses tokens: counts refused authentications by address, and says how long to stay away."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

WINDOW_S = 60.0
MOST_ADDRESSES = 10_000


class Attempts:
    """Refused authentications of the last minute, by address; used on the event loop's thread alone.

    `most` are answered in the app's own words; what is refused beyond them within a minute is told to wait. An address
    is known for a minute after its first refusal, and `MOST_ADDRESSES` at most are: the oldest makes room. Nothing is
    kept of a request that was let in, so that a good token is never held up by the wrong ones beside it.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._counted: OrderedDict[str, tuple[float, int]] = OrderedDict()  # the oldest first

    def __len__(self) -> int:
        return len(self._counted)

    def refused(self, address: str) -> int | None:
        """Count one refusal; the whole seconds to wait where there were too many, else None."""
        now = self._clock()
        while self._counted and now - next(iter(self._counted.values()))[0] >= WINDOW_S:
            self._counted.popitem(last=False)
        network = network_of(address)
        began, count = self._counted.get(network, (now, 0))
        if count == 0 and len(self._counted) >= MOST_ADDRESSES:
            self._counted.popitem(last=False)
        self._counted[network] = (began, count + 1)
        return math.ceil(began + WINDOW_S - now) if count >= self._most else None


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of IPv6 that one connection is given whole."""
    try:
        parsed = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)

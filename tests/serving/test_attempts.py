"""Guesses of tokens: counted by address, for a minute, in bounded memory."""

from serving.attempts import MOST_ADDRESSES, WINDOW_S, Attempts, network_of


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_so_many_a_minute_and_no_more() -> None:
    """Refusals up to the limit go by; each beyond is told how long to wait; after a minute all begins anew."""
    clock = Clock()
    attempts = Attempts(3, clock)
    assert [attempts.refused("10.0.0.1") for _ in range(3)] == [None, None, None]
    clock.now = 20.5
    assert attempts.refused("10.0.0.1") == 40
    assert attempts.refused("10.0.0.2") is None
    clock.now = WINDOW_S
    assert attempts.refused("10.0.0.1") is None


def test_memory_is_bounded() -> None:
    """However many addresses guess, so many are known at most, and none for longer than a minute."""
    clock = Clock()
    attempts = Attempts(3, clock)
    for number in range(MOST_ADDRESSES + 500):
        attempts.refused(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(attempts) == MOST_ADDRESSES
    clock.now = WINDOW_S
    attempts.refused("10.0.0.1")
    assert len(attempts) == 1


def test_what_counts_as_one_address() -> None:
    """A whole /64 of IPv6, an IPv4 address in either form, and of anything else no more than its beginning."""
    assert network_of("[2001:db8::1]") == network_of("2001:db8::ffff") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1") == "10.0.0.1"
    assert len(network_of("x" * 10_000)) == 64

"""Where a server may listen without TLS: where nobody else reaches it."""

import pytest

from serving import Exposed, check_exposure
from serving.limits import Limits


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_this_machine_is_no_network(host: str) -> None:
    """Loopback, by whatever name, needs no proxy."""
    check_exposure(host, behind_proxy=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.5", "2001:db8::1", "a-name-that-is-none.invalid"])
def test_a_network_needs_a_proxy(host: str) -> None:
    """Anything else is refused in one sentence, and taken where a proxy is said to be in front."""
    with pytest.raises(Exposed, match="in clear"):
        check_exposure(host, behind_proxy=False)
    check_exposure(host, behind_proxy=True)


class Scope:
    """A request of 10.0.0.9, with these values of X-Forwarded-For."""

    client = "10.0.0.9:4711"

    def __init__(self, *named: str) -> None:
        self.headers = self
        self._named = list(named)

    def get_all(self, _name: str) -> list[str]:
        """All values of a header, as granian gives them."""
        return self._named


def test_a_client_names_no_address_of_its_own() -> None:
    """X-Forwarded-For is believed behind a proxy alone, and there the last address, which the proxy wrote."""
    assert Limits().address(Scope("1.1.1.1")) == "10.0.0.9"
    proxied = Limits(behind_proxy=True)
    assert proxied.address(Scope()) == "10.0.0.9"
    assert proxied.address(Scope("1.1.1.1, 2.2.2.2")) == proxied.address(Scope("1.1.1.1", "2.2.2.2")) == "2.2.2.2"

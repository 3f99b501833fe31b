"""Where the servers may listen: on this machine alone, unless a proxy with TLS is said to be in front of them."""

from bedside.errors import Failure
from bedside.settings import Settings
from serving import Exposed, check_exposure


def check_listening(settings: Settings) -> None:
    """Raises `Failure`, one sentence, where BEDSIDE_HOST is reached over the network and no proxy is said to be."""
    try:
        check_exposure(settings.host, behind_proxy=settings.behind_proxy)
    except Exposed:
        raise Failure(
            f"BEDSIDE_HOST={settings.host} is reached over the network, where tokens and readings would go in clear: "
            "listen on 127.0.0.1, or put a proxy with TLS in front and set BEDSIDE_BEHIND_PROXY=yes."
        ) from None

"""Where a server may listen: on this machine, or behind a proxy that speaks TLS to everybody else."""

import ipaddress
import socket

from serving.errors import Exposed


def check_exposure(host: str, *, behind_proxy: bool) -> None:
    """Raises `Exposed` where others than this machine would reach `host`, and nobody said that a proxy is in front."""
    if not (behind_proxy or is_loopback(host)):
        raise Exposed(
            f"{host or 'every address'} is reached over the network, where tokens and readings would go in clear: "
            "listen on 127.0.0.1, or put a proxy that speaks TLS in front and say so"
        )


def is_loopback(host: str) -> bool:
    """Whether every address that this name stands for is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM) if host else []
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(str(one[4][0]).partition("%")[0]).is_loopback for one in found)

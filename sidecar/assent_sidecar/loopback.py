"""What stays on this machine, and so may go without TLS. Pure."""

import ipaddress
from urllib.parse import SplitResult


def is_loopback(host: str) -> bool:
    """Say whether only this machine is behind a host: ``localhost``, or a loopback address without brackets."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_sheltered(place: SplitResult) -> bool:
    """Say whether nobody on the way reads what goes to a URL: by TLS, or because it stays on this machine."""
    return place.scheme == "https" or (place.scheme == "http" and is_loopback(place.hostname or ""))

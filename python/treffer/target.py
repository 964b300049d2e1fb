"""Where a server listens or is found: `HOST:PORT`."""

from __future__ import annotations

import ipaddress

from treffer.errors import InvalidArgument

LAST_PORT = 65_535


def checked(target: str) -> str:
    """Give `target` back if it is `HOST:PORT` (IPv6 in brackets) or `unix:PATH`; raise `InvalidArgument` if not."""
    if target.startswith("unix:"):
        return target
    host, colon, port = target.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not (colon and bare) or (":" in bare and bare == host):
        raise InvalidArgument(f"target: {target!r} is not HOST:PORT", field="target", reason="BAD_TARGET")
    if not (port.isascii() and port.isdigit() and int(port) <= LAST_PORT):
        raise InvalidArgument(f"target: {port!r} is no port, 0 to {LAST_PORT}", field="target", reason="BAD_TARGET")
    return target


def is_loopback(target: str) -> bool:
    """Tell whether only this machine can reach `target`. Of names only `localhost` is believed."""
    if target.startswith("unix:"):
        return True
    host = target.rpartition(":")[0].removeprefix("[").removesuffix("]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

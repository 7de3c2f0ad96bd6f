"""Lists of IP addresses and CIDR ranges."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from ..judge.values import Malformed, Undetermined, Value


def everybody(addresses: Iterable[Value]) -> bool:
    """Whether addresses and ranges, all together, are the whole internet of version 4 or of version 6.

    Raises:
        Undetermined: some are unknown, and the others are not enough.
        Malformed: one is neither an address nor a range.
    """
    version4, version6 = list[IPv4Network](), list[IPv6Network]()
    doubt: Undetermined | None = None
    for address in addresses:
        try:
            network = _network(address)
        except Undetermined as unknown:
            doubt = doubt or unknown
        else:
            if isinstance(network, IPv4Network):
                version4.append(network)
            else:
                version6.append(network)
    # Merged, since two halves of the internet are all of it.
    prefixes = [network.prefixlen for network in collapse_addresses(version4)]
    prefixes += [network.prefixlen for network in collapse_addresses(version6)]
    if 0 in prefixes:
        return True
    if doubt:
        raise doubt
    return False


def _network(address: Value) -> IPv4Network | IPv6Network:
    try:
        return ip_network(address.text(), strict=False)
    except ValueError:
        raise Malformed(address.path, "an IP address or a CIDR range") from None

"""Which addresses we may call for a workspace: the public internet, never our own network (SSRF).

A name is resolved once and the connection goes to the very address that was checked (accounts/webhooks/wire.py), so an
answer of the name server that changes between check and use (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings

from accounts.errors import Invalid
from accounts.webhooks.models import URL_LENGTH

Resolver = Callable[[str, int], list[str]]
_SAFE_PORTS = frozenset({443, 8443})

# IANA's special-purpose registry (RFC 6890 and later) and multicast: nothing of this is a server on the internet.
_REFUSED_V4 = tuple(
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
# Only 2000::/3 is given out at all; that leaves loopback, IPv4-mapped, NAT64, unique local, link-local and multicast out.
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(  # IETF protocols (Teredo, ORCHID, …), documentation, 6to4, documentation
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


class Refused(Exception):
    """We don't call this address; the message says why, without telling what else the name resolves to."""


class Unresolved(Exception):
    """The name has no address now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may be called. `insecure` (development and tests): http, any port, any address."""

    insecure: bool = False

    @classmethod
    def configured(cls) -> Self:
        """As WEBHOOK_ALLOW_INSECURE says."""
        return cls(insecure=settings.WEBHOOK_ALLOW_INSECURE)


def clean_url(text: str, policy: Policy) -> str:
    """The URL of an endpoint, as it is kept; raises Invalid (bad_url, insecure_url, forbidden_port, forbidden_address)."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _bad_url() from error
    plain = text.isascii() and text.isprintable() and not set(text) & set(' "<>\\^`{|}')
    if not plain or not host or parts.username is not None or parts.fragment or len(text) > URL_LENGTH:
        raise _bad_url()
    if parts.scheme != "https" and not (parts.scheme == "http" and policy.insecure):
        raise Invalid("The URL must begin with https://.", code="insecure_url")
    if not policy.insecure and (port or 443) not in _SAFE_PORTS:
        raise Invalid("The URL may use the ports 443 and 8443.", code="forbidden_port")
    _require_public_name(host, policy)
    return text


def _bad_url() -> Invalid:
    hint = "An ASCII URL like https://www.example.com/hooks, without user name and fragment."
    return Invalid("This is not a URL that we can call.", code="bad_url", hint=hint)


def _require_public_name(host: str, policy: Policy) -> None:
    """Say at once what would fail at each delivery; the check that counts is the one before connecting."""
    local = host in {"localhost"} or host.endswith((".localhost", ".local", ".internal"))
    if not policy.insecure and (local or (_is_address(host) and not is_public(host))):
        raise Invalid("The URL must be on the public internet.", code="forbidden_address")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether the address is a server on the internet by all that the registries say."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv4Address):
        return not any(parsed in block for block in _REFUSED_V4)
    return parsed in _GLOBAL_V6 and not any(parsed in block for block in _REFUSED_V6)


def system_resolver(host: str, port: int) -> list[str]:
    """Every address of `host` as the system's resolver gives them, without repeats."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_addresses(host: str, port: int, *, resolve: Resolver, policy: Policy) -> list[str]:
    """The addresses of `host`, to be tried in this order; raises Unresolved, and Refused when even one is not public."""
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise Unresolved("The host name has no address.") from error
    if not found:
        raise Unresolved("The host name has no address.")
    if not policy.insecure and not all(is_public(address) for address in found):
        raise Refused("The host name leads to an address that is not on the public internet.")
    return found

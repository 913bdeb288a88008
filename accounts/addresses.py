"""The address of a caller, as far as it can be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """The address that a request came from."""
    return trusted_ip(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


def socket_ip(peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The address that a websocket came from; `headers` as ASGI has them."""
    forwarded = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    return trusted_ip(peer, ",".join(forwarded))


def trusted_ip(peer: str, forwarded_for: str) -> str | None:
    """The peer's address; behind TRUSTED_PROXY_COUNT proxies, the one that the outermost of them saw.

    A caller may put anything in front of what the proxies append to X-Forwarded-For, so it is counted from the right.
    """
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()] if proxies else []
    return _valid(hops[-proxies] if proxies and len(hops) >= proxies else peer)


def _valid(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None

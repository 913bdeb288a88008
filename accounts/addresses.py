"""The address of a caller, as far as it can be trusted."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """The peer's address; behind TRUSTED_PROXY_COUNT proxies, the one that the outermost of them saw.

    A caller may put anything in front of what the proxies append to X-Forwarded-For, so it is counted from the right.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")] if proxies else []
    return _valid(hops[-proxies] if proxies and len(hops) >= proxies else peer)


def _valid(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None

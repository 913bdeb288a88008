"""A stranger's file from its address: to a checked address, within a deadline, no redirects, no more than it may have."""

from __future__ import annotations

import ssl
import time

import httpcore

from accounts.webhooks.addresses import Refused as AddressRefused
from accounts.webhooks.addresses import Unresolved
from accounts.webhooks.wire import CheckedRoute, Wire
from avatars.refusals import Refused

_HEADERS = [("Accept", "image/jpeg, image/png, image/webp, model/gltf-binary"), ("User-Agent", "Visavis")]
_FAILURES = (
    AddressRefused,
    Unresolved,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    ssl.SSLError,
)


def fetched(url: str, *, wire: Wire, most_bytes: int) -> bytes:
    """The body at `url`. Raises Refused (url_unreachable, too_large)."""
    try:
        return _exchange(url, wire, most_bytes)
    except _FAILURES as failure:
        raise Refused("url_unreachable") from failure


def _exchange(url: str, wire: Wire, most_bytes: int) -> bytes:
    route = CheckedRoute(wire, time.monotonic() + wire.limits.total)
    timeouts = {"connect": wire.limits.connect, "read": wire.limits.total, "write": wire.limits.total}
    with (
        httpcore.ConnectionPool(
            ssl_context=wire.trust or httpcore.default_ssl_context(), network_backend=route, max_connections=1, retries=0
        ) as pool,
        pool.stream("GET", url, headers=_HEADERS, extensions={"timeout": timeouts}) as response,
    ):
        if response.status != 200:
            raise Refused("url_unreachable")
        return _capped(response, most_bytes)


def _capped(response: httpcore.Response, most_bytes: int) -> bytes:
    content = bytearray()
    for chunk in response.iter_stream():
        content += chunk
        if len(content) > most_bytes:
            raise Refused("too_large")
    return bytes(content)

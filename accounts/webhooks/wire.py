"""One POST to a stranger's server: to a checked address, within a deadline, no redirects, no proxies, a little answer."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpcore

from accounts.webhooks.addresses import Policy, Refused, Resolver, Unresolved, checked_addresses, system_resolver

KEPT_BYTES = 2048
_ADDRESSES_TRIED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds: to connect to one address, and for everything."""

    connect: float = 5.0
    total: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it: `status` and the beginning of the body, or `error` and `detail` when there was no answer."""

    status: int | None = None
    error: str = ""
    detail: str = ""
    body: str = ""
    retry_after: str = ""
    duration_ms: int = 0

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@cache
def _trusted() -> ssl.SSLContext:
    return httpcore.default_ssl_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How we reach servers. Tests give another resolver and another trust; the product never does."""

    policy: Policy
    resolve: Resolver = system_resolver
    limits: Limits = field(default_factory=Limits)
    trust: ssl.SSLContext | None = None

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send `body`; every failure of theirs or of the network is an Answer, not an exception."""
        started = time.monotonic()
        try:
            kept = self._exchange(url, headers, body, deadline=started + self.limits.total)
        except _FAILURES as failure:
            error, detail = _explain(failure)
            kept = {"error": error, "detail": detail}
        return Answer(**kept, duration_ms=round((time.monotonic() - started) * 1000))

    def _exchange(self, url: str, headers: Mapping[str, str], body: bytes, *, deadline: float) -> dict[str, Any]:
        route = CheckedRoute(self, deadline)
        timeouts = {"timeout": {"connect": self.limits.connect, "read": self.limits.total, "write": self.limits.total}}
        trust = self.trust or _trusted()
        with (
            httpcore.ConnectionPool(ssl_context=trust, network_backend=route, max_connections=1, retries=0) as pool,
            pool.stream("POST", url, headers=list(headers.items()), content=body, extensions=timeouts) as response,
        ):
            wish = {name.lower(): value for name, value in response.headers}.get(b"retry-after", b"")
            answer = _beginning(response.iter_stream())
            return {"status": response.status, "body": answer, "retry_after": wish.decode("latin-1")[:100]}


def _beginning(chunks: Iterable[bytes]) -> str:
    """The first KEPT_BYTES as text that Postgres can store; the rest is never read."""
    kept = b""
    for chunk in chunks:
        kept += chunk
        if len(kept) >= KEPT_BYTES:
            break
    return kept[:KEPT_BYTES].decode("utf-8", errors="replace").replace("\x00", "�")


class CheckedRoute(httpcore.NetworkBackend):
    """Resolves the name itself, refuses what is not public, connects to what was checked; TLS still asks for the name."""

    def __init__(self, wire: Wire, deadline: float) -> None:
        self._wire = wire
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Any = None
    ) -> httpcore.NetworkStream:
        addresses = checked_addresses(host.strip("[]"), port, resolve=self._wire.resolve, policy=self._wire.policy)
        for last, address in enumerate(addresses[:_ADDRESSES_TRIED], start=1 - len(addresses[:_ADDRESSES_TRIED])):
            try:
                return TimedStream(self._sockets.connect_tcp(address, port, left(self._deadline, timeout)), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if last == 0:
                    raise
        raise AssertionError("unreachable: the last address raises or returns")


class TimedStream(httpcore.NetworkStream):
    """A stream whose every step must end by the deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, left(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, left(self._deadline, timeout))
        return TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def left(deadline: float, timeout: float | None) -> float:
    """Seconds that the next step may take; raises ReadTimeout when there are none."""
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return remaining if timeout is None else min(timeout, remaining)


_FAILURES = (
    Refused,
    Unresolved,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    ssl.SSLError,
)


def _explain(failure: Exception) -> tuple[str, str]:
    """A machine's word and a person's sentence."""
    match failure:
        case Refused():
            return "forbidden_address", str(failure)
        case Unresolved():
            return "unknown_host", str(failure)
        case httpcore.ConnectTimeout():
            return "connect_timeout", "The server did not accept a connection in time."
        case httpcore.TimeoutException():
            return "timeout", "The server did not answer in time."
        case httpcore.ProtocolError() | httpcore.UnsupportedProtocol():
            return "bad_answer", "The server did not answer in HTTP."
        case _ if "certificate" in str(failure).lower() or "ssl" in str(failure).lower():
            return "tls", f"No secure connection: {failure}"[:200]
        case _:
            return "connection", "The connection was refused or broken off."

"""Endpoints and deliveries of the open scope's workspace, and a server of a customer that is told of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.utils import timezone
from standardwebhooks import Webhook

from accounts.webhooks import signing
from accounts.webhooks.addresses import Policy
from accounts.webhooks.models import WebhookDelivery, WebhookEndpoint
from accounts.webhooks.services.outbox import tell
from accounts.webhooks.wire import Limits, Wire

SECRET = signing.new_secret()
LOCAL = Wire(policy=Policy(insecure=True), limits=Limits(connect=2, total=2))
PATIENT = Wire(policy=Policy(insecure=True), limits=Limits(connect=30, total=30))


def endpoint(url: str = "https://hooks.example.com/", *, types: tuple[str, ...] = ("*",), **fields: Any) -> WebhookEndpoint:
    """An enabled endpoint whose secret is SECRET."""
    return WebhookEndpoint.objects.create(url=url, event_types=list(types), secret=signing.seal(SECRET), **fields)


def current_secrets(of: WebhookEndpoint, now: datetime) -> list[str]:
    """The secrets that sign its messages at `now`."""
    return signing.unseal(signing.sealed_secrets(of, now))


def delivery(to: WebhookEndpoint, event_type: str = "session.live", *, now: datetime | None = None) -> WebhookDelivery:
    """A message for one endpoint that is due now."""
    return tell([to], event_type, {"session_id": "s1"}, now=now or timezone.now())[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers, after `delay` seconds."""

    status: int = 200
    body: bytes = b"thanks"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Got:
    """One request that reached the server."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str = SECRET) -> Any:
        """The payload, as the official library reads it; raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """A real HTTP server; `replies` are given one after the other, the last one for good."""

    port: int
    got: list[Got] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    def note(self, request: Got) -> Reply:
        with self.lock:
            self.got.append(request)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def done(self) -> None:
        with self.lock:
            self.at_once -= 1


@contextmanager
def receiving(wrap: Callable[[Any], Any] | None = None) -> Iterator[Receiver]:
    """A server that runs for the block; `wrap` may put TLS around its socket."""
    receivers: list[Receiver] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = receivers[0].note(Got(self.path, dict(self.headers), body))
            threading.Event().wait(reply.delay)
            receivers[0].done()
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients break off on purpose
    if wrap:
        server.socket = wrap(server.socket)
    receivers.append(Receiver(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receivers[0]
    finally:
        server.shutdown()
        server.server_close()

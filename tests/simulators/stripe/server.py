"""The simulator's HTTP side: keys, versions, idempotency, faults, routes, and signed events to our own address."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx
import stripe

from tests.simulators.stripe.customers import Customers
from tests.simulators.stripe.meters import Meters
from tests.simulators.stripe.payments import Payments
from tests.simulators.stripe.store import VERSION, Store
from tests.simulators.stripe.wire import Params, Refusal, decode, invalid

Answer = tuple[int, Params]
_SECRET = "whsec_simulated"
_KEY = "sk_test_simulated"


class StripeSimulator:
    """`base`: for STRIPE_API_BASE; `key` and `secret`: for the settings. Everything that was asked is in `requests`;
    faults that are still to come are in `faults`."""

    key, secret = _KEY, _SECRET

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.store = Store()
        self.payments = Payments(self.store)
        self.customers = Customers(self.store, self.payments, self.base)
        self.meters = Meters(self.store)
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._answers: dict[str, tuple[str, Answer]] = {}
        self.faults: list[tuple[re.Pattern[str], str]] = []
        self._lock = threading.RLock()

    @contextmanager
    def running(self) -> Iterator[StripeSimulator]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def fail_next(self, pattern: str, fault: str, times: int = 1) -> None:
        """Let the next requests that match, as in `POST /v1/refunds`, fail.

        rate_limit and server_error: nothing is done. lost_answer: it is done, and the line is cut. slow: it is done, and the
        answer comes after two seconds.
        """
        self.faults += [(re.compile(pattern), fault)] * times

    def count(self, pattern: str) -> int:
        """How many requests matched."""
        return sum(re.fullmatch(pattern, request) is not None for request in self.requests)

    def deliver(self, event: Params, url: str, *, secret: str = _SECRET, at: float | None = None) -> httpx.Response:
        """Post an event, signed, as Stripe does."""
        body = json.dumps(event, indent=2)
        header = stripe.WebhookSignature.generate_signature_header(body, secret, int(at or time.time()))
        return httpx.post(url, content=body, headers={"Stripe-Signature": header, "Content-Type": "application/json"})

    def answer(self, method: str, path: str, body: str, headers: dict[str, str]) -> Answer | None:
        """What a request gets; None: the line is cut."""
        request = f"{method} {path}"
        self.requests.append(request)
        self.headers.append(headers)
        fault = self._fault(request)
        if fault == "rate_limit":
            return 429, Refusal(429, "rate_limit_error", "Too many requests.", code="rate_limit").body()
        if fault == "server_error":
            return 500, Refusal(500, "api_error", "An unknown error occurred.").body()
        try:
            answer = self._once(method, path, body, headers)
        except Refusal as refused:
            answer = refused.status, refused.body()
        if fault == "slow":
            time.sleep(2)
        return None if fault == "lost_answer" else answer

    def _fault(self, request: str) -> str:
        for index, (pattern, fault) in enumerate(self.faults):
            if pattern.fullmatch(request):
                del self.faults[index]
                return fault
        return ""

    def _once(self, method: str, path: str, body: str, headers: dict[str, str]) -> Answer:
        """https://docs.stripe.com/api/idempotent_requests: what was executed is kept, errors of the card included."""
        _check_headers(headers)
        key = headers.get("idempotency-key", "")
        if method != "POST" or not key:
            return self._carried_out(method, path, body)
        fingerprint = f"{path}?{body}"
        with self._lock:
            known = self._answers.get(key)
            if known is None:
                answer = self._carried_out(method, path, body)
                if answer[0] in (200, 402):
                    self._answers[key] = (fingerprint, answer)
                return answer
        if known[0] != fingerprint:
            raise Refusal(400, "idempotency_error", f"Keys for idempotent requests can only be used once: '{key}'.")
        return known[1]

    def _carried_out(self, method: str, path: str, body: str) -> Answer:
        params = decode(body)
        with self._lock:
            try:
                row = self._route(method, path)(params)
                return 200, self.store.expanded(row, params.get("expand") or [])
            except Refusal as refused:
                return refused.status, refused.body()

    def _route(self, method: str, path: str) -> Callable[[Params], Params]:
        for pattern, act in self._routes().items():
            if match := re.fullmatch(pattern, f"{method} /v1/{path.removeprefix('/v1/')}"):
                return lambda params, act=act, match=match: act(*match.groups(), params)  # type: ignore[misc]
        raise invalid(f"Unrecognized request URL ({method}: {path}).", status=404)

    def _routes(self) -> dict[str, Callable[..., Params]]:
        return {
            r"POST /v1/customers": self.customers.create,
            r"GET /v1/customers/(\w+)": self.customers.retrieve,
            r"POST /v1/customers/(\w+)": self.customers.update,
            r"GET /v1/payment_methods/(\w+)": self.customers.card,
            r"POST /v1/payment_intents": self.payments.create,
            r"GET /v1/payment_intents/(\w+)": self.payments.retrieve,
            r"POST /v1/payment_intents/(\w+)": self.payments.update,
            r"POST /v1/payment_intents/(\w+)/confirm": self.payments.confirm,
            r"POST /v1/payment_intents/(\w+)/cancel": self.payments.cancel,
            r"POST /v1/refunds": self.payments.refund,
            r"POST /v1/checkout/sessions": self.customers.checkout,
            r"GET /v1/checkout/sessions/(\w+)": self.customers.retrieve_session,
            r"POST /v1/checkout/sessions/(\w+)/expire": self.customers.expire,
            r"POST /v1/billing_portal/sessions": self.customers.portal,
            r"POST /v1/billing/meter_events": self.meters.create,
        }


def _check_headers(headers: dict[str, str]) -> None:
    given = headers.get("authorization", "")
    if not given:
        raise Refusal(401, "invalid_request_error", "You did not provide an API key.")
    if given != f"Bearer {_KEY}":
        raise Refusal(401, "invalid_request_error", f"Invalid API Key provided: {given[-4:]:*>12}")
    if headers.get("stripe-version", VERSION) != VERSION:
        raise invalid(f"Invalid Stripe API version: {headers['stripe-version']}")


def _handler_of(simulator: StripeSimulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            self._reply(simulator.answer("GET", address.path, address.query, self._headers()))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self._reply(simulator.answer("POST", self.path, body, self._headers()))

        def _headers(self) -> dict[str, str]:
            return {name.lower(): value for name, value in self.headers.items()}

        def _reply(self, answer: Answer | None) -> None:
            if answer is None:
                self.close_connection = True
                return
            body = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                "Request-Id": f"req_{len(simulator.requests)}",
                "Stripe-Version": VERSION,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler

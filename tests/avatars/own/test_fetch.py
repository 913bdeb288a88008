"""Files from strangers' addresses: only public ones, only so much, only so long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from accounts.errors import Invalid
from accounts.webhooks.addresses import Policy, clean_url
from accounts.webhooks.wire import Limits, Wire
from avatars.refusals import Refused
from avatars.uploads.fetch import fetched

OPEN = Wire(policy=Policy(insecure=True), limits=Limits(connect=1, total=1))
Answer = Callable[[BaseHTTPRequestHandler], None]


class Stranger(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        {"/good": self._good, "/away": self._away, "/endless": self._endless, "/slow": self._slow}.get(self.path, self._gone)()

    def _start(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _good(self) -> None:
        self._start(200)
        self.wfile.write(b"picture")

    def _away(self) -> None:
        self._start(302, Location="/good")

    def _gone(self) -> None:
        self._start(404)

    def _endless(self) -> None:
        self._start(200)
        try:
            while True:
                self.wfile.write(b"x" * 65_536)
        except OSError:  # the other side has had enough
            return

    def _slow(self) -> None:
        self._start(200)
        try:
            for _ in range(40):
                self.wfile.write(b"x")
                self.wfile.flush()
                threading.Event().wait(0.1)
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_it_fetches_what_is_there(stranger: str) -> None:
    assert fetched(f"{stranger}/good", wire=OPEN, most_bytes=7) == b"picture"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/good", "too_large"),
        ("/endless", "too_large"),
        ("/away", "url_unreachable"),
        ("/gone", "url_unreachable"),
        ("/slow", "url_unreachable"),
    ],
)
def test_it_takes_nothing_else(path: str, code: str, stranger: str) -> None:
    with pytest.raises(Refused) as refused:
        fetched(f"{stranger}{path}", wire=OPEN, most_bytes=6 if path == "/good" else 1_000_000)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "192.168.1.1", "::1", "fd00::1", "::ffff:127.0.0.1"]
)
def test_it_never_calls_our_own_network(address: str, stranger: str) -> None:
    wire = Wire(policy=Policy(), resolve=lambda *_: [address], limits=Limits(connect=1, total=1))
    with pytest.raises(Refused) as refused:
        fetched(stranger.replace("127.0.0.1", "pictures.example.com") + "/good", wire=wire, most_bytes=100)
    assert refused.value.code == "url_unreachable"


BAD = (
    "http://example.com/a.jpg",
    "https://localhost/a.jpg",
    "https://10.0.0.1/",
    "ftp://example.com/",
    "https://example.com:22/",
)


@pytest.mark.parametrize("url", BAD)
def test_it_does_not_even_try_other_addresses(url: str) -> None:
    with pytest.raises(Invalid):
        clean_url(url, Policy())

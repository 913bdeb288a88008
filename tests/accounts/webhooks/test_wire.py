"""One request to a stranger's server ends in time, keeps little, and never raises for what the server does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from accounts.webhooks.addresses import Policy
from accounts.webhooks.wire import KEPT_BYTES, Limits, Wire
from config.embedded.server import free_port
from tests.accounts.webhooks.factories import Receiver, Reply

QUICK = Wire(policy=Policy(insecure=True), limits=Limits(connect=0.3, total=0.6))


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does with each connection what `serve` says; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        serve(connection)
                    except OSError:
                        continue

        threading.Thread(target=run, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        listener.shutdown(socket.SHUT_RDWR)


def test_it_sends_what_it_was_given_and_keeps_the_answer(receiver: Receiver) -> None:
    answer = QUICK.post(receiver.url, headers={"X-One": "1"}, body=b'{"a":1}')
    assert (answer.status, answer.body, answer.error, answer.is_success) == (200, "thanks", "", True)
    assert (receiver.got[0].path, receiver.got[0].body, receiver.got[0].headers["X-One"]) == ("/hooks", b'{"a":1}', "1")


_STATUSES = [(200, True), (204, True), (299, True), (301, False), (404, False), (500, False)]


@pytest.mark.parametrize(("status", "is_success"), _STATUSES)
def test_it_takes_only_2xx_for_success(receiver: Receiver, status: int, is_success: bool) -> None:
    receiver.replies = [Reply(status, b"")]
    assert QUICK.post(receiver.url, headers={}, body=b"").is_success is is_success


def test_it_keeps_no_more_than_two_kilobytes_of_storable_text(receiver: Receiver) -> None:
    receiver.replies = [Reply(500, b"\x00\xff" + b"x" * 100_000)]
    body = QUICK.post(receiver.url, headers={}, body=b"").body
    assert len(body) == KEPT_BYTES
    assert body.startswith("��xx")


def test_it_gives_up_on_a_server_that_answers_too_late(receiver: Receiver) -> None:
    receiver.replies = [Reply(delay=1.5)]
    started = time.monotonic()
    answer = QUICK.post(receiver.url, headers={}, body=b"")
    assert (answer.status, answer.error) == (None, "timeout")
    assert time.monotonic() - started < 1.0
    assert 500 <= answer.duration_ms < 1000


def test_it_gives_up_on_a_server_that_drips() -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(30):
            connection.sendall(b".")
            time.sleep(0.1)

    started = time.monotonic()
    with raw_server(drip) as url:
        assert QUICK.post(url, headers={}, body=b"").error == "timeout"
    assert time.monotonic() - started < 1.2


_NO_ANSWERS = [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 banana\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000]


@pytest.mark.parametrize("said", _NO_ANSWERS, ids=["nothing", "another protocol", "no status", "endless headers"])
def test_it_survives_what_is_no_answer(said: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(said)

    with raw_server(talk) as url:
        answer = QUICK.post(url, headers={}, body=b"")
    assert answer.status is None
    assert answer.error in {"bad_answer", "connection"}
    assert answer.detail


def test_it_says_when_nobody_listens() -> None:
    answer = QUICK.post(f"http://127.0.0.1:{free_port()}/", headers={}, body=b"")
    assert (answer.status, answer.error) == (None, "connection")


def test_it_says_when_the_name_is_unknown() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError(host)

    wire = Wire(policy=Policy(), resolve=unknown)
    assert wire.post("https://nowhere.example/", headers={}, body=b"").error == "unknown_host"


def test_it_hands_on_when_to_come_back(receiver: Receiver) -> None:
    receiver.replies = [Reply(503, headers={"Retry-After": "120"})]
    assert QUICK.post(receiver.url, headers={}, body=b"").retry_after == "120"

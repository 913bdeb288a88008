"""Connections to Redis end when the other side vanishes, and no call waits for ever."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import redis
from django.test import override_settings

from config.embedded.server import free_port
from sessions import redis as connections


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of something that takes connections and says nothing, as a half-open connection does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []
        threading.Thread(target=_take, args=(server, taken), daemon=True).start()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}"
        for one in taken:
            one.close()


def _take(server: socket.socket, taken: list[socket.socket]) -> None:
    try:
        while True:
            taken.append(server.accept()[0])
    except OSError:
        return


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clients are made anew, and quickly impatient."""
    monkeypatch.setattr(connections, "TIMEOUT_SECONDS", 0.3)
    connections.client.cache_clear()
    yield
    connections.client.cache_clear()


def test_it_waits_for_a_silent_server_only_so_long(silent: str, settled: None) -> None:
    began = time.monotonic()
    with override_settings(REDIS_URL=silent), pytest.raises(redis.TimeoutError):
        connections.client().get("anything")
    assert time.monotonic() - began < 2


def test_it_says_at_once_that_nobody_is_there(settled: None) -> None:
    began = time.monotonic()
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{free_port()}"), pytest.raises(redis.ConnectionError):
        connections.client().get("anything")
    assert time.monotonic() - began < 1


def test_it_goes_on_with_a_connection_that_redis_has_closed() -> None:
    client = connections.client()
    own = client.client_id()
    client.execute_command("CLIENT", "KILL", "ID", own)  # type: ignore[no-untyped-call]
    assert client.ping()


async def test_it_probes_idle_connections() -> None:
    client = connections.async_client()
    connection = await client.connection_pool.get_connection()  # type: ignore[no-untyped-call]
    try:
        bare = connection._writer.get_extra_info("socket")
        assert bare.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert bare.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
        assert bare.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
    finally:
        await connection.disconnect()

"""uvicorn with our websocket protocol: a close reaches who reads, and ends who does not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
import websockets

from config.embedded.server import free_port
from streaming.transport import GatewayProtocol

FULL = 4 * 2**20


class Impatient(GatewayProtocol):
    """Gives up after half a second instead of ten."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.close_timeout = 0.5


class Flood:
    """An application that sends more than any buffer holds, and then closes."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        flood = asyncio.create_task(send({"type": "websocket.send", "bytes": bytes(FULL)}))
        await flood
        blocked = asyncio.create_task(send({"type": "websocket.send", "bytes": b"more"}))
        await asyncio.sleep(0.2)
        blocked.cancel()
        await send({"type": "websocket.close", "code": 1013, "reason": "Too slow."})
        while (await receive())["type"] != "websocket.disconnect":
            continue
        self.ended.set()


@pytest.fixture
async def flood() -> AsyncIterator[tuple[Flood, int, uvicorn.Server]]:
    app, port = Flood(), free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, ws=Impatient, lifespan="off", log_level="critical", ws_per_message_deflate=False)
    )
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield app, port, server
    server.should_exit = server.force_exit = True
    await task


async def test_it_tells_a_slow_client_why_it_is_cut_off(flood: tuple[Flood, int, uvicorn.Server]) -> None:
    _, port, _ = flood
    async with websockets.connect(f"ws://127.0.0.1:{port}", max_size=2 * FULL, proxy=None) as client:
        assert len(await client.recv()) == FULL
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                await client.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1013, "Too slow.")


async def test_it_ends_the_connection_of_a_client_that_never_reads(flood: tuple[Flood, int, uvicorn.Server]) -> None:
    app, port, server = flood
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
    client = await websockets.connect(f"ws://127.0.0.1:{port}", sock=raw, max_size=2 * FULL, max_queue=1, proxy=None)
    client.transport.pause_reading()
    await asyncio.wait_for(app.ended.wait(), 5)
    async with asyncio.timeout(5):
        while server.server_state.connections:
            await asyncio.sleep(0.05)
    client.transport.abort()

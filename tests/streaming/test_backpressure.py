"""A client that does not read costs the gateway little, and its neighbours nothing."""

from __future__ import annotations

import asyncio
import socket
import time

import websockets

from tests.house import House
from tests.live import Stage

LONG = "Nobody listens to this, but it goes on and on, as it was asked to. " * 40
MEGABYTE = 2**20


async def deaf(stage: Stage, ticket: dict[str, str], port: int) -> websockets.ClientConnection:
    """A driver with a tiny window that does not read after it has connected."""
    small = socket.socket(socket.AF_INET)
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", port))
    offered = [websockets.Subprotocol(name) for name in ("visavis.v1", f"ticket.{ticket['ticket']}")]
    connection = await websockets.connect(ticket["url"], sock=small, subprotocols=offered, max_queue=1, proxy=None)
    await connection.recv()
    connection.transport.pause_reading()
    return connection


async def test_it_keeps_no_more_for_a_deaf_client_than_the_mailbox_holds(stage: Stage, quiet: House) -> None:
    web = quiet.web_process()
    warm = await stage.open()
    made = await stage.create()
    client = await deaf(stage, made["ticket"], quiet.port)
    before = web.memory_info().rss
    await client.send('{"type": "say", "text": "' + LONG + '"}')

    started = time.perf_counter()
    await warm.send("say", text="I can hear myself well.")
    await warm.last_of(1)
    assert time.perf_counter() - started < 5.0
    await asyncio.sleep(3)
    assert web.memory_info().rss - before < 24 * MEGABYTE
    client.transport.abort()

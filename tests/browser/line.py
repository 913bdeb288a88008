"""The line between the browser and the house: it can be cut in mid-word and mended, as a train does in a tunnel."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
_CHUNK = 65_536


class Line:
    """Listens at `port` and carries bytes to `target`, both on this machine."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._whole = True
        self._ends: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._carry, "127.0.0.1", 0))

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """Drop every connection without a word, and each new one."""
        self._whole = False
        self._run(self._drop())

    def mend(self) -> None:
        self._whole = True

    def close(self) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _drop(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        there = await asyncio.open_connection("127.0.0.1", self._target)
        ends = {writer, there[1]}
        self._ends |= ends
        await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))
        self._ends -= ends


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
    except ConnectionError:
        sink.transport.abort()
    else:
        sink.close()

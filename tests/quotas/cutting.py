"""A wire to Postgres that can be cut at any request: before it arrives, or after it was carried out but before the answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from django.db import connection

Read = Callable[[int], bytes]
Where = Literal["before", "after"]
_REQUESTS = frozenset({b"Q", b"S"})  # Query, Sync: what the server answers with ReadyForQuery
_READY = b"Z"
_OPTIONS = {"sslmode": "disable", "gssencmode": "disable", "options": "-c lock_timeout=5s"}


class Wire:
    """Forwards frames of the Postgres protocol. `cut_at(n, where)` cuts at the n-th request from now on, once."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._left, self._where = 0, "before"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(self, number: int, where: Where) -> None:
        self._left, self._where = number, where

    @property
    def is_uncut(self) -> bool:
        """Whether fewer requests came than the cut was set at; sets no cut any more."""
        left, self._left = self._left, 0
        return left > 0

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            for end in (client, server):  # frames go one by one: no waiting for more of them
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answered, doomed = threading.Event(), threading.Event()
            threading.Thread(target=self._up, args=(client, server, doomed, answered), daemon=True).start()
            threading.Thread(target=self._down, args=(client, server, doomed, answered), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, doomed: threading.Event, answered: threading.Event) -> None:
        with client, server, client.makefile("rb") as frames:
            with suppress(OSError):  # the client hung up
                server.sendall(_untyped(frames.read))
                while self._passes(frames.read, server, doomed, answered):
                    pass
            for end in (server, client):
                with suppress(OSError):  # the other side was faster
                    end.shutdown(socket.SHUT_RDWR)

    def _passes(self, read: Read, server: socket.socket, doomed: threading.Event, answered: threading.Event) -> bool:
        """Forward one frame; False at the end, be it the client's or the cut."""
        kind = read(1)
        if not kind:
            return False
        frame, is_last = kind + _untyped(read), kind in _REQUESTS and self._counts_down()
        if is_last and self._where == "before":
            return False
        if is_last:
            doomed.set()
        server.sendall(frame)
        return not (is_last and answered.wait(10))

    def _down(self, client: socket.socket, server: socket.socket, doomed: threading.Event, answered: threading.Event) -> None:
        try:
            with server.makefile("rb") as frames:
                while kind := frames.read(1):
                    frame = kind + _untyped(frames.read)
                    if not doomed.is_set():
                        client.sendall(frame)
                    elif kind == _READY:
                        answered.set()
        except OSError:
            return

    def _counts_down(self) -> bool:
        self._left -= 1
        return self._left == 0


def _untyped(read: Read) -> bytes:
    length = read(4)
    return length + read(int.from_bytes(length, "big") - 4)


@contextmanager
def cut_wire() -> Iterator[Wire]:
    """Django's connection of this thread goes over a Wire meanwhile."""
    kept = dict(connection.settings_dict)
    wire = Wire(str(kept["HOST"]), int(kept["PORT"]))
    connection.close()
    connection.settings_dict.update(PORT=wire.port, OPTIONS=_OPTIONS)
    try:
        yield wire
    finally:
        connection.close()
        connection.settings_dict.update(kept)
        wire.close()

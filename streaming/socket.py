"""A websocket that may be gone at any time: what is sent after its end goes nowhere, and it is closed once."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from channels.generic.websocket import AsyncWebsocketConsumer

from accounts.addresses import socket_ip
from accounts.context import set_actor
from accounts.errors import Problem
from accounts.identifiers import uuid7
from streaming.connection import Limits, Refused
from streaming.protocol import SUBPROTOCOL, Close, control

logger = logging.getLogger(__name__)
OPEN_SECONDS = 15.0  # a client that was neither admitted nor refused by then may try elsewhere
MAX_REASON_BYTES = 123  # RFC 6455, 5.5.1


class Socket(AsyncWebsocketConsumer):
    """What every websocket of the gateway needs, whatever is said on it."""

    is_over = False

    async def connect(self) -> None:
        """Accept first, so that a refusal can be explained."""
        self.limits = Limits()
        self.connection = str(uuid7())
        peer = (self.scope.get("client") or [""])[0]
        set_actor(request_id=self.connection, ip=socket_ip(peer, self.scope["headers"]))
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in self.scope["subprotocols"] else None)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await self.open()
        except Refused as refusal:
            await self.refuse(refusal.close, str(refusal))
        except Problem as problem:
            await self.refuse(Close.GONE, problem.detail)
        except Exception:
            logger.exception("A connection to %s could not be opened.", self.scope["path"])
            await self.give_up()

    async def open(self) -> None:
        """Admit the client and begin; raises Refused, or a Problem where there is nothing to connect to."""
        raise NotImplementedError

    async def give_up(self) -> None:
        """End a connection that failed, so that `disconnect` cleans up: left alone, its client would seem to be there."""
        await self.close(int(Close.GOING_AWAY), "Reconnect, please.")

    def origin(self) -> str | None:
        """The page that opened this, as its browser says; None from what is no browser, which says nothing."""
        for name, value in self.scope["headers"]:
            if name == b"origin":
                return str(value.decode("latin-1"))
        return None

    async def refuse(self, close: Close, reason: str) -> None:
        """Tell the client why in an `error` message, which holds more than a close frame, and close."""
        await self.send(control("error", code=close.name.lower(), detail=reason, status=int(close)))
        await self.close(int(close), reason)

    async def send(  # type: ignore[override]  # channels' own, too
        self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False
    ) -> None:
        """Send one message; once the connection is over nothing is sent, and nobody is told."""
        if self.is_over:
            return
        try:
            await super().send(text_data, bytes_data, close)
        except OSError:
            self.is_over = True
        except RuntimeError:  # the server's, for a message that was waiting when the connection closed
            if not self.is_over:
                raise

    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:
        """Close once; `reason` is cut to what a close frame holds."""
        if not self.is_over:
            self.is_over = True
            brief = (reason or "").encode()[:MAX_REASON_BYTES].decode(errors="ignore")
            with contextlib.suppress(OSError):
                await super().close(code, brief)

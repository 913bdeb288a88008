"""A websocket that may be gone at any time: what is sent after its end goes nowhere, and it is closed once."""

from __future__ import annotations

import contextlib

from channels.generic.websocket import AsyncWebsocketConsumer

from streaming.protocol import SUBPROTOCOL, Close, control

MAX_REASON_BYTES = 123  # RFC 6455, 5.5.1


class Socket(AsyncWebsocketConsumer):
    """What every websocket of the gateway needs, whatever is said on it."""

    is_over = False

    async def accept_protocol(self) -> None:
        """Accept, so that a refusal can be explained."""
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in self.scope["subprotocols"] else None)

    def origin(self) -> str | None:
        for name, value in self.scope["headers"]:
            if name == b"origin":
                return str(value.decode("latin-1"))
        return None

    async def refuse(self, close: Close, reason: str) -> None:
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

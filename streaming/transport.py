"""uvicorn's websocket protocol, but a connection that is to be closed does end, also when its client does not read."""

from __future__ import annotations

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class GatewayProtocol(WebSocketsSansIOProtocol):
    """Give it to uvicorn as `--ws streaming.transport:GatewayProtocol`.

    The parent waits with everything, the close frame included, until a full send buffer drains, and then closes
    gracefully: a client that keeps the socket open without reading would hold the connection for ever.
    """

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close":
            self._end_soon()
        await super().send(message)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()

    def _end_soon(self) -> None:
        """Let the close frame overtake the wait; the client has `close_timeout` seconds to read up to it."""
        self.writable.set()
        self.loop.call_later(self.close_timeout, self.transport.abort)

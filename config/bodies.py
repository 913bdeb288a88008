"""Bodies that are too large are refused while they arrive: Django would write all of one to disk before anybody looks."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class BodyLimit:
    """ASGI around `app`, which answers once it has the whole body: 413 for what is, or says to be, longer than
    `most_bytes`."""

    def __init__(self, app: App, most_bytes: int) -> None:
        self._app, self._most_bytes = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _declared(scope) > self._most_bytes:
            await _refuse(send, self._most_bytes)
            return
        body = _Body(receive, self._most_bytes)
        await self._app(scope, body.receive, send)
        if body.is_over:
            await _refuse(send, self._most_bytes)


class _Body:
    """Counts what arrives; to the app a client that sends too much has gone, so that it answers nothing."""

    def __init__(self, receive: Receive, most_bytes: int) -> None:
        self._receive, self._left = receive, most_bytes

    @property
    def is_over(self) -> bool:
        return self._left < 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.is_over else message


def _declared(scope: Scope) -> int:
    """What the header says; 0 where it says nothing, or nonsense, which is counted."""
    said = dict(scope["headers"]).get(b"content-length", b"")
    return int(said) if said.isdigit() and len(said) < 20 else 0


async def _refuse(send: Send, most_bytes: int) -> None:
    detail = f"A body may have {most_bytes} bytes here."
    problem = {"type": "/docs/errors#too_large", "title": "The body is too large", "status": 413, "detail": detail}
    content = json.dumps(problem | {"code": "too_large"}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": content})

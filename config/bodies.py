"""Bodies that are too large are refused while they arrive: Django would write all of one to disk before anybody looks."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from accounts.context import request_id_of, set_actor
from accounts.rest.parsing import TooLarge
from accounts.rest.problems import MEDIA_TYPE, api_problem

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
            await _refuse(scope, send, self._most_bytes)
            return
        body = _Body(receive, self._most_bytes)
        await self._app(scope, body.receive, send)
        if body.is_over:
            await _refuse(scope, send, self._most_bytes)


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
    said = _header(scope, b"content-length")
    return int(said) if said.isdigit() and len(said) < 20 else 0


def _header(scope: Scope, name: bytes) -> bytes:
    return bytes(dict(scope["headers"]).get(name, b""))


async def _refuse(scope: Scope, send: Send, most_bytes: int) -> None:
    """In Django's place, which has not seen the request: with a request id as its middleware would give."""
    request_id = request_id_of(_header(scope, b"x-request-id").decode("latin-1"))
    set_actor(request_id=request_id)
    problem = api_problem(TooLarge(f"A body may have {most_bytes} bytes here."))
    headers = {"content-type": MEDIA_TYPE, "connection": "close", "x-request-id": request_id}
    raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": TooLarge.status_code, "headers": raw_headers})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})

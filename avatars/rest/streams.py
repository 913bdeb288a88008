"""Answers that are sent while they are being made, under ASGI as under WSGI."""

from __future__ import annotations

from collections.abc import Generator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from rest_framework.request import Request


def streamed(request: Request | HttpRequest, pieces: Generator[bytes], content_type: str) -> StreamingHttpResponse:
    """Answer with `pieces`. The first is made before this returns, so that what fails early is a problem like any other.

    Whatever happens to the answer, `pieces` is closed. What fails later breaks the connection off.
    """
    begun = Begun(pieces)
    plain = request._request if isinstance(request, Request) else request
    content = InThread(begun) if isinstance(plain, ASGIRequest) else begun
    return StreamingHttpResponse(content, content_type=content_type)


class Begun:
    """An iterator whose first piece is there already."""

    def __init__(self, pieces: Generator[bytes]) -> None:
        self._pieces = pieces
        self._first: bytes | None = next(pieces, b"")

    def __iter__(self) -> Begun:
        return self

    def __next__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._pieces)

    def close(self) -> None:
        """End the work, wherever it is."""
        self._pieces.close()


class InThread:
    """The same for an event loop: each piece is made in the request's own thread, one after the other."""

    def __init__(self, pieces: Begun) -> None:
        self._pieces = pieces

    def __aiter__(self) -> InThread:
        return self

    async def __anext__(self) -> bytes:
        if (piece := await sync_to_async(self._next)()) is None:
            raise StopAsyncIteration
        return piece

    def _next(self) -> bytes | None:
        return next(self._pieces, None)

    def close(self) -> None:
        """Called by Django in a thread, after the piece that is under way."""
        self._pieces.close()

"""Bodies of HTTP requests: read as far as anybody may want them, and no further."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application

from config.asgi import MOST_BODY_BYTES, application
from config.bodies import BodyLimit

PIECE = b"x" * 1_000


def answered(app: Any, pieces: int, *headers: tuple[bytes, bytes]) -> tuple[int, dict[str, Any], int]:
    """The status, the JSON and how many pieces of a body were read."""
    sent: list[Any] = []
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        if read >= pieces:
            return {"type": "http.disconnect"}
        read += 1
        return {"type": "http.request", "body": PIECE, "more_body": read < pieces}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/v1/avatars", "query_string": b"", "headers": [*headers]}
    async_to_sync(app)(scope | {"server": ("localhost", 80), "http_version": "1.1", "scheme": "http"}, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(body), read


async def counting(scope: Any, receive: Any, send: Any) -> None:
    """An app that tells how long its body was."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps({"size": size}).encode()})


def test_it_passes_on_what_is_short_enough() -> None:
    assert answered(BodyLimit(counting, 3_000), 3) == (200, {"size": 3_000}, 3)
    assert answered(BodyLimit(counting, 3_000), 3, (b"content-length", b"3000")) == (200, {"size": 3_000}, 3)


def test_it_reads_nothing_of_what_says_to_be_longer() -> None:
    status, problem, read = answered(BodyLimit(counting, 3_000), 9, (b"content-length", b"3001"))
    assert (status, problem["code"], read) == (413, "too_large", 0)


def test_it_stops_reading_what_does_not_say_how_long_it_is() -> None:
    status, problem, read = answered(BodyLimit(counting, 3_000), 9)
    assert (status, problem["code"], read) == (413, "too_large", 4)
    status, problem, read = answered(BodyLimit(cast("Any", get_asgi_application()), 3_000), 9, (b"host", b"localhost"))
    assert (status, problem["code"], read) == (413, "too_large", 4)


def test_it_holds_for_the_whole_house(settings: Any) -> None:
    declared = (b"content-length", str(MOST_BODY_BYTES + 1).encode())
    status, problem, read = answered(application, 1, declared, (b"host", b"localhost"))
    assert (status, problem["code"], read) == (413, "too_large", 0)
    assert max(settings.AVATAR_HEAD_BYTES, settings.AVATAR_PHOTO_BYTES) < MOST_BODY_BYTES


@pytest.mark.parametrize("said", [b"", b"-1", b"many", b"9" * 30])
def test_it_counts_where_the_length_makes_no_sense(said: bytes) -> None:
    assert answered(BodyLimit(counting, 3_000), 4, (b"content-length", said))[0] == 413

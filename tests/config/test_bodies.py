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
    sent, read = exchanged(app, pieces, *headers)
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(body), read


def exchanged(app: Any, pieces: int, *headers: tuple[bytes, bytes]) -> tuple[list[dict[str, Any]], int]:
    """The messages of an answer, and how many pieces of a body were read."""
    sent: list[dict[str, Any]] = []
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
    return sent, read


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


@pytest.mark.parametrize("said", [b"3001", b""])
def test_it_refuses_with_a_problem_that_says_what_to_do_and_can_be_found(said: bytes) -> None:
    asked = ((b"content-length", said), (b"x-request-id", b"req-7"))
    (start, body), _ = exchanged(BodyLimit(counting, 3_000), 4, *asked)
    headers, problem = dict(start["headers"]), json.loads(body["body"])
    assert (headers[b"content-type"], headers[b"x-request-id"]) == (b"application/problem+json", b"req-7")
    assert (problem["status"], problem["request_id"], problem["type"]) == (413, "req-7", "/docs/errors#too_large")
    assert "3000" in problem["detail"] and problem["title"] and problem["hint"]


def test_it_makes_an_id_where_none_came_that_may_stand_in_a_header() -> None:
    (start, body), _ = exchanged(BodyLimit(counting, 3_000), 4, (b"x-request-id", b"no id\xff"))
    made = json.loads(body["body"])["request_id"]
    assert len(made) == 36 and dict(start["headers"])[b"x-request-id"] == made.encode()


def test_it_holds_for_the_whole_house(settings: Any) -> None:
    declared = (b"content-length", str(MOST_BODY_BYTES + 1).encode())
    status, problem, read = answered(application, 1, declared, (b"host", b"localhost"))
    assert (status, problem["code"], read) == (413, "too_large", 0)
    assert max(settings.AVATAR_HEAD_BYTES, settings.AVATAR_PHOTO_BYTES) < MOST_BODY_BYTES


@pytest.mark.parametrize("said", [b"", b"-1", b"many", b"9" * 30])
def test_it_counts_where_the_length_makes_no_sense(said: bytes) -> None:
    assert answered(BodyLimit(counting, 3_000), 4, (b"content-length", said))[0] == 413

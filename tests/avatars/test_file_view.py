"""Large files go out in blocks, also from the event loop; who asks for headers alone makes nobody read."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.storage import erase, link, writing

pytestmark = pytest.mark.django_db
MB = 1 << 20
CONTENT = bytes(range(256)) * (5 * MB // 256) + b"the end"


@pytest.fixture
def address(workspace: Workspace) -> str:
    """Of a file of 5 MB."""
    return stored(workspace)


def stored(workspace: Workspace) -> str:
    with workspace_scope(workspace.pk), writing() as write:
        row = write(owner_id=uuid4(), purpose="video", content=CONTENT, media_type="video/webm")
        row.save(force_insert=True)
    return link(row)


def test_it_sends_a_large_file_without_ever_holding_it(address: str, client: Client) -> None:
    tracemalloc.start()
    response: Any = client.get(address)
    assert (response.status_code, response["Content-Length"], response["Content-Type"]) == (200, str(len(CONTENT)), "video/webm")
    at = 0
    for block in response.streaming_content:
        assert block == CONTENT[at : at + len(block)]
        at += len(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert at == len(CONTENT)
    assert peak < 4 * MB


@pytest.mark.django_db(transaction=True)
async def test_it_sends_it_in_blocks_from_the_event_loop(workspace: Workspace, async_client: AsyncClient) -> None:
    response: Any = await async_client.get(await sync_to_async(stored)(workspace))
    assert response.is_async
    pieces: AsyncIterator[bytes] = aiter(response)
    blocks = [block async for block in pieces]
    assert b"".join(blocks) == CONTENT
    assert max(map(len, blocks)) <= MB


def test_it_tells_headers_without_reading(address: str, client: Client) -> None:
    tracemalloc.start()
    whole, part = client.head(address), client.head(address, headers={"Range": "bytes=0-3000000"})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (whole.status_code, whole["Content-Length"], whole.content) == (200, str(len(CONTENT)), b"")
    assert (part.status_code, part["Content-Length"]) == (206, "3000001")
    assert part["Content-Range"] == f"bytes 0-3000000/{len(CONTENT)}"
    assert peak < MB


@pytest.mark.parametrize(
    ("wish", "start", "after"),
    [
        ("bytes=0-", 0, len(CONTENT)),
        ("bytes=1048570-4000000", 1_048_570, 4_000_001),
        (f"bytes={len(CONTENT) - 1}-", len(CONTENT) - 1, len(CONTENT)),
    ],
)
def test_it_gives_large_parts_in_blocks(wish: str, start: int, after: int, address: str, client: Client) -> None:
    response: Any = client.get(address, headers={"Range": wish})
    assert (response.status_code, response["Content-Length"]) == (206, str(after - start))
    assert response["Content-Range"] == f"bytes {start}-{after - 1}/{len(CONTENT)}"
    assert response.getvalue() == CONTENT[start:after]


@pytest.mark.parametrize("wish", ["bytes=5-2", f"bytes={len(CONTENT)}-", "bytes=999999999999-0"])
def test_it_refuses_parts_that_are_none(wish: str, address: str, client: Client) -> None:
    response = client.get(address, headers={"Range": wish})
    assert (response.status_code, response["Content-Range"], response.content) == (416, f"bytes */{len(CONTENT)}", b"")


@pytest.mark.parametrize("method", ["get", "head"])
def test_it_has_lost_what_the_storage_has_lost(method: str, workspace: Workspace, client: Client) -> None:
    with workspace_scope(workspace.pk), writing() as write:
        row = write(owner_id=uuid4(), purpose="video", content=CONTENT, media_type="video/webm")
        row.save(force_insert=True)
    erase(row.name)
    assert getattr(client, method)(link(row)).status_code == 404

"""From a photo over real HTTP, through the workers, to a session that shows it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from avatars.consent import VERSION
from config.processes import avatars
from tests.avatars.own.conftest import PORTRAIT
from tests.avatars.own.heads import read
from tests.house import House
from tests.live import Stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def rendering(house: House) -> Iterator[House]:
    """The house with a worker for pictures, which loads torch and is not needed elsewhere."""
    os.environ["OMP_NUM_THREADS"] = "1"
    house._start("avatars", avatars())
    yield house
    process = house.processes.children.pop("avatars")
    process.terminate()
    process.wait(20)


@pytest.fixture
def shelf() -> Iterator[str]:
    """The address of a web server with the tests' photos."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(PORTRAIT.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def settled(http: httpx.Client, shape: dict[str, Any], *, seconds: float = 60) -> dict[str, Any]:
    """The avatar once nobody works on it any more."""
    deadline = time.monotonic() + seconds
    while shape["state"] == "preparing" and time.monotonic() < deadline:
        time.sleep(0.1)
        shape = http.get(f"/api/v1/avatars/{shape['id']}").json()
    return shape


async def test_it_brings_a_photo_to_life(rendering: House, alice_key: str, stage: Stage, shelf: str) -> None:
    with rendering.http(alice_key) as http:
        form = {"name": "Eileen", "consent": VERSION}
        answer = http.post("/api/v1/avatars", data=form, files={"file": ("a.jpg", PORTRAIT.read_bytes())})
        assert answer.status_code == 202, answer.text
        shape = settled(http, answer.json())
        assert shape["state"] == "ready"
        client = await stage.open(avatar=shape["id"])
        shown = (await client.event("session.ready"))["avatar"]
        assert (shown["id"], shown["name"], shown["kind"]) == (shape["id"], "Eileen", "photo")
        head = httpx.get(f"{rendering.url}{shown['asset_url']}")
        assert head.headers["Content-Type"] == "model/gltf-binary"
        assert read(head.content)["asset"]["version"] == "2.0"
        fetched = http.post("/api/v1/avatars", json={"url": f"{shelf}/{PORTRAIT.name}", "consent": VERSION})
        assert settled(http, fetched.json())["state"] == "ready"
        missing = http.post("/api/v1/avatars", json={"url": f"{shelf}/nobody.jpg", "consent": VERSION})
        assert settled(http, missing.json())["refusal"]["code"] == "url_unreachable"
        assert http.delete(f"/api/v1/avatars/{shape['id']}").status_code == 204
        assert httpx.get(f"{rendering.url}{shown['asset_url']}").status_code == 404

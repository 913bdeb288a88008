"""The element on a customer's page, which lies at another origin than the product."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings
from PIL import Image

from accounts.models import User, Workspace
from accounts.tenancy import workspace_scope
from avatars.assets import asset_create
from avatars.blocks.models import AssetKind, Preset
from avatars.consent import VERSION
from avatars.services.own import avatar_upload
from avatars.services.preparing import avatar_prepare
from avatars.uploads.picture import Picture
from sessions import tickets
from sessions.models import AvatarSession
from sessions.services import session_create
from tests.browser.visitor import Visit
from tests.house import House

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Shop(BaseHTTPRequestHandler):
    """A page of somebody else; anything but the page itself is not found there."""

    page = b""

    def do_GET(self) -> None:
        is_page = self.path == "/"
        self.send_response(200 if is_page or self.path == "/favicon.ico" else 404)
        self.send_header("Content-Type", "text/html" if is_page else "image/x-icon")
        self.end_headers()
        self.wfile.write(self.page if is_page else b"")

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing."""


@pytest.fixture
def shop() -> Iterator[str]:
    """The origin of a server that is not the product's."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def an_avatar(workspace: Workspace) -> str:
    """A head of the workspace's own, with a portrait."""
    glb = (settings.BASE_DIR / "static" / "cast" / "ada.glb").read_bytes()
    with workspace_scope(workspace.pk):
        avatar = avatar_upload(content=glb, name="Mira", consent=VERSION)
    avatar_prepare(workspace_id=workspace.pk, avatar_id=avatar.pk)
    return str(avatar.pk)


def a_session(workspace: Workspace, avatar: str, origin: str) -> AvatarSession:
    """In front of a picture of the workspace's own."""
    file = io.BytesIO()
    Image.new("RGB", (320, 200), (200, 30, 40)).save(file, "PNG")
    picture = Picture(content=file.getvalue(), media_type="image/png", width=320, height=200)
    with workspace_scope(workspace.pk):
        wall = asset_create(name="Wall", kind=AssetKind.BACKGROUND, picture=picture)
        Preset.objects.create(name="Shop", avatar=avatar, background=str(wall.pk))
        return session_create(preset="Shop", origin=origin)


def test_an_own_avatar_with_portrait_and_background_is_shown(
    visit: Visit, alice: User, workspace: Workspace, house: House, shop: str
) -> None:
    visitor = visit()
    session = a_session(workspace, an_avatar(workspace), shop)
    ticket = tickets.issue(workspace_id=workspace.pk, session_id=session.pk, role="driver", origin=shop)
    Shop.page = f"""<!doctype html><title>Shop</title><script type="module" src="{house.url}/static/visavis/visavis.js"></script>
        <visavis-avatar style="display: block; width: 200px; height: 200px" url="{house.url}"
         session="{session.pk}" ticket="{ticket.text}" muted></visavis-avatar>""".encode()
    fetched: dict[str, tuple[str, int]] = {}
    kinds = ("head.glb", "portrait.jpg", "asset.png")

    def note(url: str, status: int) -> None:
        name = url.split("?")[0].rsplit("/", 1)[-1]
        fetched[name] = (url.split("/files/")[0], status)

    visitor.page.on("response", lambda response: note(response.url, response.status))
    visitor.page.goto(shop)
    visitor.page.wait_for_selector("visavis-avatar[shown]", timeout=90_000)
    assert {name: fetched.get(name) for name in kinds} == dict.fromkeys(kinds, (house.url, 200))
    poster = "() => document.querySelector('visavis-avatar').shadowRoot.querySelector('img').naturalWidth"
    assert visitor.page.evaluate(poster) > 100
    assert visitor.unexpected() == []

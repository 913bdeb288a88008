"""A session's face: its portrait as the last resort, renderers that are shared and few."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image

from accounts.errors import Gone
from accounts.models import Workspace
from avatars.render.base import Pictures, Table
from avatars.render.choose import Recipe
from streaming.frames import faces
from streaming.frames.faces import KEPT, Face, face_of


class Counted:
    """A renderer that knows which one it is."""

    most, made = 4, 0

    def __init__(self, recipe: Recipe) -> None:
        self.size = recipe.size
        Counted.made += 1

    def render(self, table: Table) -> Pictures:
        """See Renderer."""
        return np.zeros((len(table), *self.size, 3), np.uint8)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> type[Counted]:
    """Renderers that are counted, none of them kept from before."""
    monkeypatch.setattr(faces, "MAKE", Counted)
    monkeypatch.setattr(faces, "_renderers", {})
    Counted.made = 0
    return Counted


def face(name: str = "ada", portrait: bytes = b"") -> Face:
    return Face(kind="head", asset=Path(f"/heads/{name}.glb"), portrait=portrait, gap={})


def test_it_shows_the_middle_of_the_portrait_on_white() -> None:
    portrait = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    portrait.paste((200, 30, 30, 255), (10, 0, 20, 20))
    data = io.BytesIO()
    portrait.save(data, "WEBP", lossless=True)
    picture = face(portrait=data.getvalue()).still(20)
    assert picture.shape == (20, 20, 3)
    assert tuple(picture[10, 3]) == (200, 30, 30)
    assert tuple(picture[10, 16]) == (255, 255, 255)


def test_sessions_of_a_process_share_a_renderer(counted: type[Counted]) -> None:
    for _ in range(3):
        first, simpler = face().rungs(512)
        assert first.make().size == (512, 512)
        assert simpler.make().size == (256, 256)
    assert counted.made == 2


def test_it_keeps_the_renderers_used_last(counted: type[Counted]) -> None:
    for number in range(KEPT + 1):
        face(str(number)).rungs(256)[0].make()
        face("0").rungs(256)[0].make()
    assert counted.made == KEPT + 1
    face("1").rungs(256)[0].make()
    assert counted.made == KEPT + 2


@pytest.mark.django_db
def test_it_finds_the_stock_cast_and_no_one_else(workspace: Workspace) -> None:
    found = face_of(str(workspace.pk), "ada")
    assert (found.kind, found.asset.name) == ("head", "ada.glb")
    assert found.asset.is_file() and found.still(64).shape == (64, 64, 3)
    with pytest.raises(Gone):
        face_of(str(workspace.pk), str(uuid4()))

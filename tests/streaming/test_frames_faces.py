"""A session's face: its portrait as the last resort, and files on this machine."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image

from accounts.errors import Gone
from accounts.models import Workspace
from streaming.frames.faces import Face, face_of
from streaming.frames.local import LocalFiles, Visit


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


@pytest.mark.django_db
def test_it_finds_the_stock_cast_and_no_one_else(workspace: Workspace) -> None:
    found = face_of(str(workspace.pk), "ada")
    assert (found.kind, found.asset.name) == ("head", "ada.glb")
    assert found.asset.is_file() and found.still(64).shape == (64, 64, 3)
    with pytest.raises(Gone):
        face_of(str(workspace.pk), str(uuid4()))


def test_it_has_files_here_as_long_as_anybody_draws_from_them() -> None:
    files = LocalFiles()
    first, second = Visit(files), Visit(files)
    path, same, other = first.path(b"a rig"), second.path(b"a rig"), first.path(b"a background")
    assert path == same
    assert (path.read_bytes(), other.read_bytes()) == (b"a rig", b"a background")
    first.close()
    assert path.is_file()
    assert not other.exists()
    first.close()
    assert path.is_file()
    second.close()
    assert not path.exists()
    assert Visit(files).path(b"a rig").read_bytes() == b"a rig"

"""Real faces in videos: the stock head and a photo, over their own and other backgrounds, cut out, wide and upright."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image

from accounts.errors import Invalid
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.assets import asset_create, asset_delete
from avatars.blocks.models import AssetKind
from avatars.face.channels import CHANNELS, INDEX
from avatars.photo.onboarding import onboard
from avatars.render.base import RenderFailed
from avatars.uploads.picture import Picture
from avatars.videos import faces
from avatars.videos.drawing import CutOut
from avatars.videos.photos import photo_renderer
from tests.avatars.videos.factories import a_wish, asked

torch.set_num_threads(1)
TABLE = np.zeros((2, len(CHANNELS)), np.float32)
TABLE[1, INDEX["jawOpen"]] = 0.7
RED = (200, 30, 40)


def corner(picture: NDArray[np.uint8]) -> list[int]:
    return [int(value) for value in picture[2:8, 2:8].reshape(-1, picture.shape[-1]).mean(0)]


@pytest.fixture(scope="module")
def rig() -> bytes:
    portrait = Path(settings.BASE_DIR) / "static" / "cast" / "omar.webp"
    return onboard(np.asarray(Image.open(portrait).convert("RGB").resize((768, 768)))).rig


@pytest.mark.django_db
def test_it_draws_a_stock_head_over_a_colour_and_cut_out(in_workspace: object) -> None:
    plain = faces.renderer_for(a_wish(background="#c81e28")).render(TABLE)
    assert plain.shape == (2, 128, 128, 3)
    assert corner(plain[0]) == pytest.approx(RED, abs=2)
    assert np.abs(plain[1].astype(int) - plain[0]).max() > 30  # the jaw has moved
    renderer = faces.renderer_for(a_wish(alpha=True))
    assert isinstance(renderer, CutOut)
    cut = renderer.render_rgba(TABLE)
    assert corner(cut[0])[3] == 0
    assert cut[0, 64, 64, 3] == 255


@pytest.mark.parametrize("size", [(128, 128), (96, 128), (192, 108)])
def test_it_puts_a_photo_somewhere_else(rig: bytes, size: tuple[int, int]) -> None:
    ground = np.full((size[1], size[0], 3), RED, np.uint8)
    own = photo_renderer(rig, size, None, transparent=False).render(TABLE)
    elsewhere = photo_renderer(rig, size, ground, transparent=False).render(TABLE)
    middle = (0, size[1] // 2, size[0] // 2)
    assert own.shape == elsewhere.shape == (2, size[1], size[0], 3)
    assert corner(elsewhere[0]) == pytest.approx(RED, abs=6)
    assert np.abs(own[middle].astype(int) - elsewhere[middle]).max() < 4


def test_it_cuts_a_photo_out(rig: bytes) -> None:
    renderer = photo_renderer(rig, (128, 128), None, transparent=True)
    assert isinstance(renderer, CutOut)
    cut, own = renderer.render_rgba(TABLE), photo_renderer(rig, (128, 128), None, transparent=False).render(TABLE)
    assert corner(cut[0])[3] < 8
    assert cut[0, 60, 64, 3] > 250
    assert np.abs(cut[0, 60, 64, :3].astype(int) - own[0, 60, 64]).max() < 4


def test_it_refuses_a_damaged_rig() -> None:
    with pytest.raises(RenderFailed) as refused:
        photo_renderer(b"nothing", (128, 128), None, transparent=False)
    assert refused.value.code == "rig_unreadable"


@pytest.mark.django_db
def test_it_shows_an_asset_behind_the_avatar_while_it_is_there(workspace: Workspace) -> None:
    file = BytesIO()
    Image.new("RGB", (300, 100), RED).save(file, "PNG")
    picture = Picture(content=file.getvalue(), media_type="image/png", width=300, height=100)
    with workspace_scope(workspace.pk):
        asset = asset_create(name="Wall", kind=AssetKind.BACKGROUND, picture=picture)
        assert corner(faces.backdrop(str(asset.pk), (64, 64))) == list(RED)
        asset_delete(asset_id=asset.pk)
        with pytest.raises(RenderFailed):
            faces.backdrop(str(asset.pk), (64, 64))
    with pytest.raises(Invalid):
        asked(workspace.pk, background=str(asset.pk))

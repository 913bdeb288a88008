"""What presets and states say is seen in finished videos."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.assets import asset_create
from avatars.blocks.models import AssetKind
from avatars.uploads.picture import Picture
from avatars.videos import pipeline
from avatars.videos.models import Video
from tests.avatars.videos.factories import content, segments_of

pytestmark = pytest.mark.django_db
torch.set_num_threads(1)
GREEN, BLUE = (32, 192, 64), (20, 40, 200)
WISH = {"script": "Hi.", "voice": "hibari-heart", "width": 128, "height": 128, "fps": 10, "disclosure": False}


def frame(api: APIClient, workspace: Workspace, **wish: Any) -> NDArray[np.uint8]:
    """The first picture of the finished file."""
    answer = api.post("/api/v1/videos", WISH | wish)
    assert answer.status_code == 202, answer.json()
    with workspace_scope(workspace.pk):
        video = Video.objects.get(pk=UUID(answer.json()["id"]))
    pipeline.prepare(workspace.pk, video.pk)
    for segment in segments_of(workspace.pk, video):
        pipeline.render(workspace.pk, segment.pk)
    pipeline.finish(workspace.pk, video.pk)
    with av.open(BytesIO(content(workspace.pk, video)), "r") as opened:
        return np.asarray(next(opened.decode(video=0)).to_ndarray(format="rgb24"), np.uint8)


def corners(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    means: NDArray[np.float64] = np.stack([picture[2:10, 2:10], picture[2:10, -10:-2]]).mean((1, 2))
    return means


def width(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> int:
    """How wide the person is who stands before a colour, above the shoulders."""
    is_person = np.abs(picture[:80].astype(int) - colour).max(-1) > 48
    return int(is_person.sum(1).max())


def test_a_preset_is_seen_in_a_video(alice_api: APIClient, workspace: Workspace) -> None:
    preset = {"name": "Studio", "avatar": "omar", "background": "#20c040", "framing": "face"}
    assert alice_api.post("/api/v1/presets", preset).status_code == 201
    near = frame(alice_api, workspace, preset="Studio")
    assert corners(near) == pytest.approx(np.array([GREEN] * 2), abs=12)
    alice_api.patch("/api/v1/avatars/omar/state", {"framing": "bust"})
    far = frame(alice_api, workspace, avatar="omar", background="#20c040")
    assert width(near, GREEN) / width(far, GREEN) == pytest.approx(1.5 / 0.8, rel=0.08)


def test_a_state_turns_the_eyes_of_a_video(alice_api: APIClient, workspace: Workspace) -> None:
    looks = []
    for side in (-25, 25):
        alice_api.patch("/api/v1/avatars/omar/state", {"gaze": {"x": side, "y": 0}, "framing": "face"})
        looks.append(frame(alice_api, workspace, avatar="omar", width=256, height=256).astype(int))
    changed = np.abs(looks[0] - looks[1]).max(-1)
    assert changed[80:120, 60:200].max() > 60  # the eyes, and nothing else but idle motion of another seed
    assert changed[80:120, 60:200].mean() > 2 * changed[:70, 60:200].mean()


def test_a_picture_is_seen_behind_a_video(alice_api: APIClient, workspace: Workspace) -> None:
    file = BytesIO()
    Image.new("RGB", (300, 100), BLUE).save(file, "PNG")
    with workspace_scope(workspace.pk):
        picture = Picture(content=file.getvalue(), media_type="image/png", width=300, height=100)
        asset = asset_create(name="Wall", kind=AssetKind.BACKGROUND, picture=picture)
    alice_api.post("/api/v1/presets", {"name": "Hall", "background": str(asset.pk)})
    assert corners(frame(alice_api, workspace, avatar="omar", preset="Hall")) == pytest.approx(np.array([BLUE] * 2), abs=12)

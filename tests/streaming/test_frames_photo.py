"""A photo avatar of one's own, drawn by the real worker, over the real wire, and metered."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.consent import VERSION
from avatars.models import Avatar
from avatars.services.files import files_of
from avatars.services.own import avatar_upload
from avatars.services.preparing import avatar_prepare
from avatars.storage import content_of
from config.processes import frames
from quotas.metrics import Metric
from streaming.protocol import Flag, Kind
from tests.house import House
from tests.live import Stage, in_thread
from tests.quotas.factories import counters

PORTRAIT = Path(__file__).resolve().parents[1] / "avatars" / "photo" / "pictures" / "astronaut.jpg"
SIDE = 256
VIDEO = {"codecs": ["vp8", "jpeg"], "width": SIDE, "fps": 20}


@pytest.fixture(scope="module")
def drawing(house: House) -> Iterator[House]:
    """The house with a worker that draws what there is to draw."""
    house._start("frames", frames(processes=1, threads=2))
    yield house
    house.processes.children["frames"].terminate()
    house.processes.children.pop("frames").wait()


def photo_avatar(workspace: Workspace) -> tuple[Avatar, bytes]:
    """A photo of Alice's workspace, prepared, and its portrait."""
    with workspace_scope(workspace.pk):
        avatar = avatar_upload(content=PORTRAIT.read_bytes(), name="Eileen", consent=VERSION)
    avatar_prepare(workspace_id=workspace.pk, avatar_id=avatar.pk)
    with workspace_scope(workspace.pk):
        return avatar, content_of(files_of(avatar.pk)["portrait"])


def render_ms(workspace: Workspace) -> tuple[int, int, int]:
    with workspace_scope(workspace.pk):
        return counters(Metric.RENDER_MS)


def decoded(messages: list[bytes]) -> np.ndarray:
    """Pictures (T, H, W, 3) of a VP8 stream."""
    decoder = av.CodecContext.create("vp8", "r")
    return np.stack([decoder.decode(av.Packet(message))[0].to_ndarray(format="rgb24") for message in messages])


async def test_it_draws_a_photo_that_speaks_and_counts_what_it_drew(
    drawing: House, stage: Stage, quiet: House, workspace: Workspace
) -> None:
    avatar, portrait = await in_thread(photo_avatar, workspace)
    live = await stage.open(avatar=str(avatar.pk), render="server", video=VIDEO)
    await live.event("video.changed", renderer="photo", codec="vp8", seconds=40)
    await live.send("say", text="Papa may move more mops over all of them.")

    def shown(turn: int) -> list[bytes]:
        return [item.payload for item in live.media if item.header.kind == Kind.VP8 and item.header.turn == turn]

    await live.until(
        lambda: any(item.header.flags & Flag.LAST and item.header.kind == Kind.VP8 for item in live.media),
        what="the last picture",
    )
    pictures = decoded(shown(1)).astype(np.float32)
    assert len(pictures) > 15
    still = Image.open(io.BytesIO(portrait)).convert("RGB").resize((SIDE, SIDE))
    assert np.abs(pictures.mean(0) - np.asarray(still)).mean() < 20
    moved = np.abs(np.diff(pictures, axis=0)).mean((0, 3))
    assert moved.max() > 10 * np.median(moved)
    settled, held, overrun = await in_thread(render_ms, workspace)
    assert settled + held > 0 and overrun == 0
    await live.close()
    await stage.state(live.session, state="ended")

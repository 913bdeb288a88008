"""What a preset says is seen in the pictures of a live session: its background behind a face as near as it frames it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from streaming.protocol import Kind
from tests.house import House
from tests.live import LiveClient, Stage
from tests.streaming.drawing import easel

__all__ = ["easel"]
GREEN = (32, 192, 64)


async def drawn(stage: Stage, **wish: object) -> NDArray[np.int64]:
    """A picture of a session that a renderer drew, not the portrait before it."""
    live = await stage.open(render="server", video={"codecs": ["jpeg"], "width": 256, "fps": 20}, **wish)
    await live.until(lambda: is_drawn(live), seconds=60, what="a renderer")
    before = len(live.media)
    await live.until(lambda: len(live.media) > before + 1, what="pictures")
    shown = [item for item in live.media if item.header.kind == Kind.JPEG]
    return np.asarray(Image.open(io.BytesIO(shown[-1].payload))).astype(int)


def is_drawn(live: LiveClient) -> bool:
    return any(event["type"] == "video.changed" and event["renderer"] != "still" for event in live.events)


def width(picture: NDArray[np.int64]) -> int:
    """Of the person, above the shoulders."""
    return int((np.abs(picture[:160] - GREEN).max(-1) > 48).sum(1).max())


async def test_a_preset_is_seen_in_a_live_session(easel: House, stage: Stage) -> None:
    for name, framing in (("Near", "face"), ("Far", "bust")):
        body = {"name": name, "background": "#20c040", "framing": framing}
        (await stage.rest("POST", "/presets", json=body)).raise_for_status()
    near, far = [await drawn(stage, avatar="omar", preset=name) for name in ("Near", "Far")]
    for picture in (near, far):
        corners = np.stack([picture[4:20, 4:20], picture[4:20, -20:-4]]).mean((1, 2))
        assert corners == pytest.approx(np.array([GREEN] * 2), abs=12)
    assert width(near) / width(far) == pytest.approx(1.5 / 0.8, rel=0.08)

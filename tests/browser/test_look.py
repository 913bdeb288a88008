"""What a session carries of a look reaches the screen: how much of the person shows, where it looks, what is behind it."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from playwright.sync_api import Page

from accounts.models import User, Workspace
from accounts.tenancy import workspace_scope
from avatars.blocks.models import AvatarLook
from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BLUE = (0x33, 0x66, 0x99)
_FADED_IN = "() => getComputedStyle(document.querySelector('#face').shadowRoot.querySelector('.stage > canvas')).opacity === '1'"


def stage(page: Page) -> NDArray[np.int32]:
    """The avatar's part of the page (H, W, 3), once a picture more was drawn."""
    page.wait_for_function("() => window.seen !== document.querySelector('#face').viewer.stats().frames", timeout=60_000)
    page.evaluate("() => { window.seen = document.querySelector('#face').viewer.stats().frames; }")
    taken = page.locator("#face").screenshot(animations="allow", timeout=60_000)
    return np.asarray(Image.open(io.BytesIO(taken)).convert("RGB")).astype(np.int32)


def stage_where(page: Page, holds: Callable[[NDArray[np.int32]], bool]) -> NDArray[np.int32]:
    """The first of ten pictures that is as asked for, else the last: a look shows with the picture after it came."""
    for _ in range(10):
        picture = stage(page)
        if holds(picture):
            break
    return picture


def skin(picture: NDArray[np.int32]) -> int:
    """Pixels that look like skin."""
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    return int(((red > 120) & (red > green + 25) & (green > blue)).sum())


def differs(picture: NDArray[np.int32], wanted: ArrayLike) -> int:
    """The most by which the background at the left edge is off."""
    return int(np.abs(picture[40:60, 4:8] - np.asarray(wanted)).max())


def test_framing_gaze_and_background_are_drawn(visit: Visit, alice: User, workspace: Workspace) -> None:
    visitor = visit(alice, workspace)
    studio = visitor.studio("?avatar=omar")
    page = visitor.page
    page.wait_for_function(_FADED_IN)
    before = stage(page)
    with workspace_scope(workspace.pk):
        AvatarLook.objects.create(avatar="omar", emotion="neutral", intensity=Decimal(0), gaze_x=25, framing="face")
    visitor.say("Hello.")
    studio.wait_for("turn-finished", turn=1)
    near = stage_where(page, lambda picture: skin(picture) > 1.5 * skin(before))
    assert skin(near) > 1.5 * skin(before)
    page.wait_for_function("() => document.querySelector('#face').viewer.stats().morphs.eyeLookOutLeft > 0.4")

    page.evaluate("() => document.querySelector('#face').setAttribute('background', '#336699')")
    coloured = stage_where(page, lambda picture: differs(picture, BLUE) <= 4)
    assert differs(coloured, BLUE) <= 4
    assert differs(before, BLUE) > 40
    page.evaluate("() => { document.querySelector('#face').look = { framing: 'head', background: null }; }")
    plain = stage_where(page, lambda picture: differs(picture, before[40:60, 4:8]) <= 4)
    assert differs(plain, before[40:60, 4:8]) <= 4

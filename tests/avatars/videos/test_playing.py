"""A real browser plays what was made."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page, sync_playwright

from accounts.models import Workspace
from tests.avatars.videos.factories import asked, content, made
from tests.browser.chromium import launch

pytestmark = pytest.mark.django_db
_PLAY = """async (source) => {
  const video = document.createElement("video");
  document.body.append(video);
  video.muted = true;
  video.src = source;
  await video.play();
  await new Promise((done) => video.requestVideoFrameCallback(() => video.requestVideoFrameCallback(done)));
  return {width: video.videoWidth, height: video.videoHeight, seconds: video.duration, sound: video.webkitAudioDecodedByteCount};
}"""


def test_it_plays_in_chromium(workspace: Workspace) -> None:
    videos = {kind: made(workspace.pk, asked(workspace.pk, format=kind)) for kind in ("webm", "mp4")}
    files = {kind: content(workspace.pk, video) for kind, video in videos.items()}
    with sync_playwright() as playwright:  # its event loop must not meet the database
        browser = launch(playwright, "--autoplay-policy=no-user-gesture-required")
        seen = {kind: watched(browser.new_page(), kind, file) for kind, file in files.items()}
        browser.close()
    for kind, what in seen.items():
        assert (what["width"], what["height"]) == (128, 128), kind
        assert what["seconds"] == pytest.approx(videos[kind].duration_ms / 1000, abs=0.1), kind
        assert what["sound"] > 0, kind


def watched(page: Page, kind: str, file: bytes) -> dict[str, float]:
    """What the player knows after its second frame."""
    source = f"data:video/{kind};base64,{base64.b64encode(file).decode()}"
    known: dict[str, float] = page.evaluate(_PLAY, source)
    return known

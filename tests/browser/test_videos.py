"""Videos on their pages: they move while they are made, are watched when they are finished, and fit every screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User, Workspace
from accounts.tenancy import workspace_scope
from avatars.videos import pipeline
from avatars.videos.models import Video
from avatars.videos.services import video_delete, video_fail
from tests.avatars.videos.factories import Painter, asked, made, segments_of
from tests.browser.inspection import nameless_controls, overflow, tab_through
from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SOONER_MS = 8_000  # than the page would ask by itself
_CUES = """() => {
  const { textTracks: [track], readyState } = document.querySelector('video');
  return readyState >= 2 && track?.cues?.length > 0 ? track.cues[0].text : null;
}"""


def draw(workspace: Workspace, video: Video) -> None:
    for segment in segments_of(workspace.pk, video):
        pipeline.render(workspace.pk, segment.pk, Painter)


def fail(workspace: Workspace, video: Video) -> None:
    with workspace_scope(workspace.pk):
        video_fail(video_id=video.pk, code="avatar_deleted", detail="The avatar was deleted.")


@pytest.mark.parametrize("address", ["/videos", "/videos/{}"], ids=["gallery", "page"])
def test_it_moves_while_it_is_made_and_can_be_watched_then(visit: Visit, alice: User, workspace: Workspace, address: str) -> None:
    video = asked(workspace.pk, title="Opening hours", captions="vtt")
    page = visit(alice, workspace, viewport=DESK, draws=False).go(address.format(video.pk))
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    page.wait_for_timeout(500)  # the first ticket is on its way: what happens from here on is told, not asked for
    pipeline.prepare(workspace.pk, video.pk)
    expect(page.get_by_text("Drawing the pictures")).to_be_visible(timeout=SOONER_MS)
    page.get_by_role("button", name="Cancel Opening hours").focus()
    draw(workspace, video)
    expect(page.get_by_role("progressbar", name="Progress of Opening hours")).to_have_attribute("value", "96", timeout=SOONER_MS)
    pipeline.finish(workspace.pk, video.pk)
    expect(page.locator("video")).to_be_visible(timeout=SOONER_MS)
    expect(page.locator("#announcer")).to_have_text("Opening hours: finished")
    expect(page.locator("a:focus, button:focus")).to_have_count(1)  # not lost with the button
    watch(page)


def watch(page: Page) -> None:
    """It plays, has captions, and is a file to keep."""
    page.locator("video").evaluate("video => { video.muted = true; return video.play(); }")
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.2", timeout=10_000)
    assert "Papa" in page.wait_for_function(_CUES, timeout=10_000).json_value()
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download Opening hours").click()
    assert begun.value.suggested_filename == "opening-hours.webm"
    assert Path(begun.value.path()).read_bytes()[:4] == b"\x1a\x45\xdf\xa3"


def test_it_is_cancelled_by_keyboard_and_made_again(visit: Visit, alice: User, workspace: Workspace) -> None:
    video = asked(workspace.pk, title="Opening hours")
    page = visit(alice, workspace, viewport=DESK, draws=False).go(f"/videos/{video.pk}")
    page.get_by_role("button", name="Cancel Opening hours").press("Enter")
    expect(page.get_by_text("The video is cancelled.")).to_be_visible()
    expect(page.get_by_text("Nothing was charged.")).to_be_visible()
    page.get_by_role("link", name="Opening hours", exact=True).press("Enter")
    page.get_by_role("button", name="Make it again").press("Enter")
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()


def test_what_is_deleted_elsewhere_goes_from_the_gallery(visit: Visit, alice: User, workspace: Workspace) -> None:
    video = asked(workspace.pk, title="Opening hours")
    page = visit(alice, workspace, viewport=DESK, draws=False).go("/videos")
    card = page.locator(".video-card")
    expect(card).to_have_count(1)
    page.wait_for_timeout(500)
    with workspace_scope(workspace.pk):
        video_delete(video_id=video.pk)
    expect(card).to_have_count(0, timeout=SOONER_MS)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_videos_fits_and_names_its_controls(
    visit: Visit, alice: User, workspace: Workspace, viewport: dict[str, int], scheme: str
) -> None:
    visitor = visit(alice, workspace, viewport=viewport, draws=False, color_scheme=scheme)
    empty = visitor.go("/videos")
    expect(empty.get_by_role("link", name="Make a video")).to_be_visible()
    finished = made(workspace.pk, asked(workspace.pk, title="Opening hours", captions="vtt"))
    upright, failed = asked(workspace.pk, width=96, height=160), asked(workspace.pk, fps=20, title="A" * 120)
    fail(workspace, failed)
    addresses = ["/videos", "/videos/new", *(f"/videos/{video.pk}" for video in (finished, upright, failed))]
    for address in addresses:
        page = visitor.go(address)
        assert nameless_controls(page) == [], address
        assert overflow(page) <= 0, address
        hidden = {stop["name"] for stop in tab_through(page, 8) if not stop["shown"]}
        assert hidden <= {"VIDEO"}, address  # whose parts are the browser's own

"""The first visit: from the sign-up form to a sentence that is heard, seen and metered."""

from __future__ import annotations

import re
from uuid import UUID

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from accounts.models import User, Workspace
from accounts.selectors import workspaces_of
from accounts.tenancy import workspace_scope
from avatars.face import ARKIT
from quotas.metrics import Metric
from quotas.selectors import usage_of
from sessions.selectors import access_session, turns_of
from tests.browser.mailbox import Mailbox
from tests.browser.recording import Take
from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SENTENCE = "Maybe my baby may buy a big map, and then we open the door."
ADDRESS = "nora@example.com"
LEAD_MS = 30  # the face runs ahead of the sound by this much
MOST_OFF_MS = 10


def sign_up(page: Page, mailbox: Mailbox) -> Workspace:
    """From the front page to a studio of one's own."""
    page.goto("/")
    page.get_by_role("link", name="Create an account").first.click()
    page.get_by_label("Your name").fill("Nora")
    page.get_by_label("Email").fill(ADDRESS)
    page.get_by_label("Password").fill("a quiet harbour at dusk")
    page.get_by_role("button", name="Create account").click()
    page.get_by_label("Code").fill(mailbox.find(r"^([A-Z0-9-]{6,})$", to=ADDRESS))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/studio")
    (workspace,) = workspaces_of(User.objects.get(email=ADDRESS))
    return workspace


def test_a_stranger_signs_up_and_makes_an_avatar_speak(visit: Visit, mailbox: Mailbox) -> None:
    visitor = visit(hears=True)
    workspace = sign_up(visitor.page, mailbox)
    stage = visitor.on_stage()
    expect(visitor.page.locator("[data-usage-used]").first).to_have_text("0 min")
    visitor.say(SENTENCE)
    finished = stage.wait_for("turn-finished", turn=1)
    stage.wait_for("turn-played", turn=1)

    assert (finished["outcome"], finished["heard_text"]) == ("completed", SENTENCE)
    take = stage.taken()
    assert_it_sounds(take, finished["spoken_ms"])
    assert_lips_move_in_time(take)
    assert_words_light_up_in_order(take)
    assert_it_is_on_record(visitor.page, workspace)


def assert_it_sounds(take: Take, spoken_ms: int) -> None:
    times, loudness = take.loudness()
    start = take.played_from(1)
    during = loudness[(times >= start) & (times < start + spoken_ms / 1000)]
    assert np.mean(during > 0.01) > 0.5
    assert max(take.record["levels"]) > 0.05
    assert loudness[times > start + spoken_ms / 1000 + 0.1].max(initial=0) < 0.001


def assert_lips_move_in_time(take: Take) -> None:
    """Each shown face is the one that was sent for the moment that left the speaker just then, `LEAD_MS` ahead."""
    faces, (times, track) = take.faces(1), take.track(1)
    heard_ms = (faces.heard_at - take.played_from(1)) * 1000
    assert np.percentile(np.abs(faces.position_ms - heard_ms), 95) <= MOST_OFF_MS

    settled = (heard_ms > 200) & (heard_ms + LEAD_MS < times[-1])  # from idle to speech it fades
    assert np.sum(settled) >= 20
    pts = heard_ms[settled] + LEAD_MS
    wanted = np.stack([np.interp(pts, times, track[:, channel]) for channel in range(len(ARKIT))], axis=1)
    assert np.percentile(np.abs(faces.weights[settled] - wanted).max(axis=1), 95) < 0.05

    jaw, lips = faces.weights[:, ARKIT.index("jawOpen")], faces.weights[:, ARKIT.index("mouthClose")]
    assert np.any((jaw > 0.1) & (lips < 0.02)), "the mouth never opened"
    assert np.any((jaw > 0.05) & (lips > 0.9 * jaw)), "the lips never met: m, b and p"
    assert len(set(take.drawn(1, "jawOpen"))) > 1


def assert_words_light_up_in_order(take: Take) -> None:
    """A busy page may skip a word; none comes twice or too early."""
    words = iter(SENTENCE.split())
    assert len(take.words) >= 4
    assert all(word in words for word in take.words), take.words


def assert_it_is_on_record(page: Page, workspace: Workspace) -> None:
    used = page.locator("[data-usage-used]").first
    expect(used).not_to_have_text("0 min")
    record = page.locator("#open-session").get_attribute("href") or ""
    page.get_by_role("button", name="End the session").click()
    page.goto(record)
    expect(page.locator(".turn-text")).to_have_text(SENTENCE)
    expect(page.locator("#record .badge").first).to_have_text("Ended")
    page.goto("/usage")
    spoken = page.locator(".meter-card", has_text=re.compile("spoken characters", re.IGNORECASE))
    expect(spoken.locator(".figure")).to_contain_text(str(len(SENTENCE)))
    with workspace_scope(workspace.pk):
        session = access_session(UUID(record.rpartition("/")[2]))
        assert session.state == "ended"
        assert [turn.heard_text for turn in turns_of(session)] == [SENTENCE]
        assert usage_of(Metric.TTS_CHARACTERS).used == len(SENTENCE)
        assert usage_of(Metric.AVATAR_MS).used == session.settled_ms > 3000

"""In mid-sentence: stopped by a key, cut off from the network, and at the end of the allowance."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from accounts.models import User, Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from quotas.selectors import usage_of
from sessions.models import TurnState
from sessions.selectors import access_session, live_sessions, turns_of
from tests.browser.line import Line
from tests.browser.recording import RATE, Finder, Take
from tests.browser.visitor import Visit
from tests.quotas.factories import subscribe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = (
    "Every journey begins somewhere, and this one begins in a tunnel where no phone has a signal. "
    "We wait a little while, and then the light comes back. After that we go on as if nothing had happened at all."
)
SILENT_AFTER_S = 0.1
OUTAGE_MS = 800


def record_of(page: Page) -> UUID:
    """The id of the session that the studio has open."""
    return UUID((page.locator("#open-session").get_attribute("href") or "").rpartition("/")[2])


def test_escape_silences_the_avatar_at_once(visit: Visit, alice: User, workspace: Workspace) -> None:
    visitor = visit(alice, workspace, hears=True)
    stage = visitor.studio()
    visitor.say(LONG)
    stage.wait_for_word(4)
    visitor.page.keyboard.press("Escape")
    finished = stage.wait_for("turn-finished", turn=1)
    visitor.page.wait_for_timeout(500)

    times, loudness = stage.taken().loudness()
    escaped = stage.taken().record["escapes"][0]
    assert loudness[times < escaped].max() > 0.05
    assert loudness[times > escaped + SILENT_AFTER_S].max() < 0.001
    assert finished["outcome"] == "interrupted"
    assert 10 < len(finished["heard_text"]) < len(LONG) / 2
    assert LONG.startswith(finished["heard_text"])
    expect(visitor.page.locator("#stop")).to_be_disabled()

    session_id = record_of(visitor.page)
    visitor.go(f"/sessions/{session_id}")
    expect(visitor.page.locator(".turn-head")).to_contain_text("Interrupted")
    expect(visitor.page.locator(".turn-text")).to_contain_text(finished["heard_text"])
    with workspace_scope(workspace.pk):
        (turn,) = turns_of(access_session(session_id))
        assert (turn.state, turn.heard_text) == (TurnState.INTERRUPTED, finished["heard_text"])
        assert turn.characters < len(LONG)


def test_a_lost_connection_comes_back_without_a_repeated_or_lost_word(
    visit: Visit, alice: User, workspace: Workspace, line: Line
) -> None:
    visitor = visit(alice, workspace, hears=True)
    visitor.expect_trouble("net::ERR_", "WebSocket connection")
    stage = visitor.studio()
    visitor.say(LONG)
    stage.wait_for_word(4)
    before = len(visitor.media)
    line.cut()
    stage.wait_for("connection", state="reconnecting")
    visitor.page.wait_for_timeout(OUTAGE_MS)
    expect(visitor.page.locator("#latency")).to_have_text("reconnecting")
    line.mend()
    finished = stage.wait_for("turn-finished", turn=1)
    stage.wait_for("turn-played", turn=1)

    assert (finished["outcome"], finished["heard_text"]) == ("completed", LONG)
    take = stage.taken()
    assert len(take.events("ready")) == 2
    assert before < len(take.media) - 4, "what was lost is what came later"
    assert_everything_was_heard_once(take)
    words = iter(LONG.split())
    assert all(word in words for word in take.words), take.words
    with workspace_scope(workspace.pk):
        (turn,) = turns_of(access_session(record_of(visitor.page)))
        assert (turn.state, turn.heard_text, turn.characters) == (TurnState.COMPLETED, LONG, len(LONG))


def assert_everything_was_heard_once(take: Take) -> None:
    """Piece by piece in order, perhaps with a pause between, and no more sound than was sent."""
    _, heard = take.heard
    sent = take.sent(1)
    finder, piece = Finder(heard), RATE // 2
    begins = [begin for begin in range(0, len(sent) - piece, piece) if np.abs(sent[begin : begin + piece]).max() > 3000]
    delays = np.array([finder.find(sent[begin : begin + piece]) - begin for begin in begins])
    assert np.all(np.diff(delays) >= -2), delays
    assert np.sum(heard.astype(float) ** 2) == pytest.approx(np.sum(sent.astype(float) ** 2), rel=0.02)


def test_it_says_kindly_that_the_avatar_time_is_used_up(visit: Visit, alice: User, workspace: Workspace) -> None:
    subscribe(workspace, concurrent_sessions=2, avatar_ms=0, tts_characters=1000)
    visitor = visit(alice, workspace, draws=False)
    visitor.expect_trouble("402")
    visitor.go("/studio")
    visitor.say("Good morning.")
    page = visitor.page
    expect(page.get_by_role("alert").get_by_role("heading")).to_have_text("This period’s avatar time is used up")
    expect(page.locator("#panel")).to_contain_text("It starts afresh on")
    expect(page.locator("#text")).to_have_value("Good morning.")
    with workspace_scope(workspace.pk):
        assert not live_sessions().exists()
    page.get_by_role("link", name="See usage").click()
    page.wait_for_url("**/usage")


def test_it_says_kindly_that_a_sentence_does_not_fit_any_more(visit: Visit, alice: User, workspace: Workspace) -> None:
    subscribe(workspace, concurrent_sessions=2, avatar_ms=600_000, tts_characters=20)
    visitor = visit(alice, workspace, draws=False)
    stage = visitor.studio()
    visitor.say("Good morning.")
    stage.wait_for("turn-played", turn=1)
    stage.wait_for("turn-finished", turn=1)
    visitor.say("This is more than is left.")
    panel = visitor.page.locator("#panel")
    expect(panel.get_by_role("heading")).to_have_text("This period’s spoken characters are used up")
    expect(panel).to_contain_text("The plan includes 20 characters")
    visitor.page.get_by_role("button", name="Start again").click()
    expect(panel).to_be_hidden()
    with workspace_scope(workspace.pk):
        assert usage_of(Metric.TTS_CHARACTERS).used == len("Good morning.")

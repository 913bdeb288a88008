"""Choosing who speaks, and with which voice."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import User, Workspace
from accounts.tenancy import workspace_scope
from sessions.selectors import all_sessions
from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_avatar_chosen_in_the_gallery_is_the_one_that_speaks(visit: Visit, alice: User, workspace: Workspace) -> None:
    visitor = visit(alice, workspace)
    page = visitor.go("/avatars")
    page.get_by_role("link", name="Talk with Kenji").click()
    page.wait_for_url("**/studio?avatar=kenji")
    assert "kenji" in (page.locator("#face").get_attribute("avatar") or "")
    expect(page.get_by_role("radio", name="Kenji")).to_be_checked()
    stage = visitor.on_stage()
    visitor.say("My name is Kenji.")
    stage.wait_for("turn-played", turn=1)
    assert max(stage.taken().record["levels"]) > 0.05
    with workspace_scope(workspace.pk):
        assert [session.avatar for session in all_sessions()] == ["kenji"]


def test_a_voice_is_heard_before_it_is_chosen(visit: Visit, alice: User, workspace: Workspace) -> None:
    page = visit(alice, workspace).go("/voices")
    row = page.locator(".voice-row").first
    page.get_by_label("Sentence to try").fill("This is how I sound.")
    row.locator(".play").click()
    expect(row.locator(".play")).to_have_attribute("data-state", "playing", timeout=20_000)
    page.wait_for_function("() => window.record.samples.length > 0")
    (seconds,) = page.evaluate("() => window.record.samples")
    assert 0.5 < seconds < 5
    voice = row.locator(".mono").inner_text()
    row.get_by_role("link", name="Use in the studio").click()
    expect(page.locator("input[name=voice]:checked")).to_have_value(voice)

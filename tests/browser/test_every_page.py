"""Every page: without an error, with a name for every control, on a desk, on a phone, by light, by night, by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.access import Access
from accounts.models import Role, User, Workspace
from accounts.scopes import KEY_SCOPES
from accounts.services.invitations import invitation_create
from accounts.services.keys import key_create
from accounts.tenancy import workspace_scope
from sessions.services import session_create, session_end
from tests.browser.inspection import nameless_controls, overflow, tab_through, wide_tables
from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OPEN = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/login/code/"]
DASHBOARD = [
    *(
        "/studio",
        "/avatars",
        "/avatars/new",
        "/voices",
        "/videos",
        "/videos/new",
        "/sessions",
        "/usage",
        "/developers",
        "/developers/keys/",
        "/developers/keys/new/",
    ),
    *("/settings/", "/settings/members/", "/settings/audit/", "/accounts/2fa/", "/accounts/2fa/totp/activate/"),
    *("/accounts/2fa/webauthn/add/", "/accounts/email/", "/accounts/password/change/", "/accounts/sessions/", "/workspaces/new/"),
]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def inspect(page: Page, paths: list[str]) -> list[str]:
    """What is wrong on these pages."""
    faults = []
    for path in paths:
        page.goto(path)
        faults += [f"{path}: no name: {control}" for control in nameless_controls(page)]
        if (wide := overflow(page)) > 0:
            faults.append(f"{path}: {wide} px too wide")
    return faults


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_fits_and_names_its_controls(
    visit: Visit, alice: User, workspace: Workspace, viewport: dict[str, int]
) -> None:
    assert inspect(visit(viewport=viewport, draws=False).page, OPEN) == []
    assert inspect(visit(alice, workspace, viewport=viewport, draws=False).page, DASHBOARD) == []


def test_lists_are_read_on_a_phone_without_scrolling_sideways(
    visit: Visit, alice: User, alice_access: Access, bob: User, workspace: Workspace
) -> None:
    with workspace_scope(workspace.pk):
        key_create(by=alice_access, name="The kiosk in the hall of the main station", scopes=KEY_SCOPES)
        invitation_create(by=alice_access, email="somebody.with.a.long.name@department.example.org", role=Role.MEMBER)
        session_end(session_id=session_create(avatar_id="ada").pk, reason="closed")
    page = visit(alice, workspace, viewport=PHONE, draws=False).page
    for path in ("/settings/members/", "/settings/audit/", "/developers/keys/", "/sessions", "/accounts/sessions/"):
        page.goto(path)
        expect(page.locator("tbody tr").first).to_be_visible()
        assert wide_tables(page) == []
    page.goto("/settings/members/")
    expect(page.get_by_role("row", name="Bob").get_by_role("cell")).to_have_count(4)


def test_the_studio_is_usable_on_a_phone(visit: Visit, alice: User, workspace: Workspace) -> None:
    page = visit(alice, workspace, viewport=PHONE, draws=False, has_touch=True, is_mobile=True).go("/studio")
    for part in (page.get_by_role("region", name="Stage"), page.locator("#text"), page.locator("#speak")):
        expect(part).to_be_in_viewport(ratio=0.9)
    for control in (page.locator("#speak"), page.locator("#stop"), page.locator(".tab").first):
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 32
    page.get_by_role("button", name="More", exact=True).tap()
    page.get_by_role("dialog").get_by_role("link", name="Voices").tap()
    page.wait_for_url("**/voices")


def test_the_dark_theme_is_kept(visit: Visit, alice: User, workspace: Workspace) -> None:
    page = visit(alice, workspace, viewport=DESK, draws=False, color_scheme="light").go("/sessions")
    paper = "() => getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(paper)
    page.locator("summary.switcher:visible").click()
    theme = page.get_by_role("button", name="Theme")
    for wanted in ("light", "dark"):
        theme.click()
        expect(theme).to_contain_text(wanted)
    dark = page.evaluate(paper)
    assert dark != light
    page.goto("/usage")
    assert page.evaluate(paper) == dark


def test_it_can_be_used_with_the_keyboard_alone(visit: Visit, alice: User, workspace: Workspace) -> None:
    visitor = visit(alice, workspace, viewport=DESK, draws=False)
    page = visitor.go("/studio")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("We could go on like this for a long time, and nobody would say a word, until a key is pressed.")
    page.keyboard.press("Enter")
    expect(page.locator("#stop")).to_be_enabled(timeout=20_000)
    page.keyboard.press("Tab")
    expect(page.locator("#stop")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#stop")).to_be_disabled(timeout=20_000)

    page.reload()
    stops = tab_through(page, 6)
    assert [stop["name"] for stop in stops if not stop["shown"]] == []
    assert {"avatar", "voice"} <= {stop["group"] for stop in stops}
    page.locator("#text").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("() => document.activeElement.name") == "emotion"
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Happy")).to_be_checked()

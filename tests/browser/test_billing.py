"""Money in a real browser: a larger plan and its invoice, a cap that is set, use that appears while one looks at it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User, Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.subscriptions import plan_change
from quotas.metrics import Metric
from tests.browser.inspection import nameless_controls, overflow
from tests.browser.visitor import Visit
from tests.quotas.factories import a_firing, used

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture
def starter(workspace: Workspace) -> None:
    """Alice's workspace pays for Starter, and has used some of it today."""
    with workspace_scope(workspace.pk):
        plan_change(plan_code="starter")
        used(Metric.AVATAR_MS, 90_000, avatar="ada")


def test_a_larger_plan_is_priced_then_chosen_and_its_invoice_downloaded(
    visit: Visit, alice: User, workspace: Workspace, starter: None, tmp_path: Path
) -> None:
    page = visit(alice, workspace, viewport=DESK, draws=False).go("/billing")
    page.get_by_role("link", name="Choose Pro").click()
    expect(page.get_by_role("heading", name="Starter → Pro")).to_be_visible()
    expect(page.get_by_text("Unused part of the former plan")).to_be_visible()
    total = page.locator("#total").inner_text()
    page.get_by_role("button", name=f"Change for {total}").click()

    expect(page.get_by_role("status")).to_contain_text("You are on Pro now.")
    page.get_by_role("navigation", name="Billing").get_by_role("link", name="Invoices").click()
    newest = page.get_by_role("row").nth(1)
    expect(newest).to_contain_text("Change of plan")
    with page.expect_download() as download:
        newest.get_by_role("link", name="PDF").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.suffix == ".pdf"
    assert file.read_bytes().startswith(b"%PDF-")
    newest.get_by_role("link", name=file.stem, exact=True).click()
    expect(page.get_by_role("heading", name=f"Invoice {file.stem}")).to_be_visible()


def test_a_plan_is_cancelled_and_kept(visit: Visit, alice: User, workspace: Workspace, starter: None) -> None:
    page = visit(alice, workspace, viewport=DESK, draws=False).go("/billing")
    page.get_by_role("button", name="Cancel the plan").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the plan").click()
    expect(page.get_by_text("then the free plan begins")).to_be_visible()
    page.get_by_role("button", name="Keep Starter").click()
    expect(page.get_by_text("then the free plan begins")).to_have_count(0)


def test_a_threshold_is_told_elsewhere_and_a_firing_is_seen(visit: Visit, alice: User, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        a_firing()
    page = visit(alice, workspace, viewport=DESK, draws=False).go("/billing/alerts")
    page.locator("summary", has_text="Avatar time at 80 %").click()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_label("Tell by webhook").locator("visible=true").uncheck()
    page.reload()
    expect(page.locator("summary", has_text="Avatar time at 80 %")).not_to_contain_text("by webhook")
    banner = page.get_by_text("Avatar time: 100 % is used in this period.")
    expect(banner).to_be_visible()
    page.get_by_role("button", name="Seen", exact=True).click()
    expect(banner).to_have_count(0)


def test_use_appears_while_one_looks_and_charts_answer_to_the_keyboard(
    visit: Visit, alice: User, workspace: Workspace, starter: None
) -> None:
    page = visit(alice, workspace, viewport=DESK, draws=False).go("/usage")
    today = page.locator("#avatar_ms-title + desc ~ g").last
    today.focus()
    expect(page.locator(".chart-reading").first).to_contain_text("1.5 min")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".chart-reading").first).to_contain_text("0 min")
    focused = "() => document.activeElement.id"
    day = page.evaluate(focused)
    page.locator("#legend summary").click()
    page.locator(f"#{day}").focus()

    with workspace_scope(workspace.pk):
        used(Metric.AVATAR_MS, 60_000, avatar="bruno")
    expect(page.get_by_role("rowheader", name="bruno")).to_be_visible(timeout=15_000)
    expect(page.locator(f"#{day}")).to_be_focused()  # at the latest when the new chart has settled
    expect(page.locator("#legend")).to_have_attribute("open", "")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_its_pages_fit_and_name_their_controls(
    visit: Visit, alice: User, workspace: Workspace, starter: None, viewport: dict[str, int]
) -> None:
    page = visit(alice, workspace, viewport=viewport, draws=False).page
    paths = ["/usage", "/billing", "/billing/plans/pro", "/billing/details", "/billing/invoices", "/billing/alerts"]
    assert {path: faults for path in paths if (faults := _faults(page, path))} == {}


def _faults(page: Page, path: str) -> list[str]:
    page.goto(path)
    wide = overflow(page)
    return [*nameless_controls(page), *([f"{wide} px too wide"] if wide > 0 else [])]

"""A webhook from the page that makes it to the answer of the server that it calls."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User, Workspace
from tests.accounts.webhooks.factories import Receiver, Reply, receiving
from tests.browser.inspection import nameless_controls, overflow
from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def eventually(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 45
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def make_webhook(page: Page, url: str) -> str:
    """Fill in the form of the first webhook; returns the secret."""
    page.get_by_role("link", name="Make the first webhook").click()
    page.get_by_label("URL").fill(url)
    page.get_by_label("Description").fill("Our shop")
    page.get_by_role("button", name="Make the webhook").click()
    secret = page.locator("#new-secret").inner_text()
    page.get_by_role("link", name="I have stored it").click()
    return secret


def send_test(page: Page, receiver: Receiver) -> None:
    before = len(receiver.got)
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_text("A test event is on its way")).to_be_visible()
    eventually(lambda: len(receiver.got) > before)


def test_a_webhook_is_made_tested_and_replayed(visit: Visit, alice: User, workspace: Workspace) -> None:
    with receiving() as receiver:
        receiver.replies = [Reply(410, b"Not here any more"), Reply(200, b'{"ok":true}')]
        page = visit(alice, workspace, draws=False).go("/developers/webhooks/")
        secret = make_webhook(page, receiver.url)
        assert secret not in page.content()
        send_test(page, receiver)
        assert receiver.got[0].verified(secret)["type"] == "webhook.test"
        eventually(lambda: "answered 410" in (page.reload(), page.content())[1])
        page.get_by_role("button", name="Enable").click()
        page.locator(".delivery").first.locator("summary").click()
        expect(page.get_by_text("Not here any more")).to_be_visible()
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_text("The message is on its way again")).to_be_visible()
        eventually(lambda: len(receiver.got) == 2)
        eventually(lambda: "Delivered" in (page.reload(), page.locator(".delivery").first.inner_text())[1])
        assert receiver.got[0].headers["webhook-id"] == receiver.got[1].headers["webhook-id"]


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, {"width": 390, "height": 844}], ids=["desk", "phone"])
def test_its_pages_fit_and_name_their_controls(visit: Visit, alice: User, workspace: Workspace, viewport: dict[str, int]) -> None:
    with receiving() as receiver:
        page = visit(alice, workspace, viewport=viewport, draws=False).go("/developers/webhooks/")
        make_webhook(page, receiver.url)
        send_test(page, receiver)
        address = page.url
        for path in ("/developers/webhooks/", "/developers/webhooks/new/", address):
            page.goto(path)
            for part in (".delivery > summary", "input[value='*']", "main details.menu > summary"):
                if page.locator(part).count():
                    page.locator(part).click()
            keep(page, f"{viewport['width']}-{path.strip('/').split('/')[-1][:12]}")
            assert nameless_controls(page) == []
            assert overflow(page) == 0


def keep(page: Page, name: str) -> None:
    """A picture to look at, where VISAVIS_PICTURES names a folder."""
    if folder := os.environ.get("VISAVIS_PICTURES"):
        page.screenshot(path=Path(folder) / f"webhooks-{name}.png", full_page=True)

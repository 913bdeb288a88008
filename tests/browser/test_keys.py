"""An API key from the page that makes it to the call that it no longer opens."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from accounts.models import User, Workspace
from tests.browser.visitor import Visit
from tests.house import House

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def status(house: House, key: str) -> int:
    with house.http(key) as http:
        answer: httpx.Response = http.get("/api/v1/sessions")
        return answer.status_code


def test_a_key_is_shown_once_works_and_is_revoked(visit: Visit, alice: User, workspace: Workspace, house: House) -> None:
    visitor = visit(alice, workspace, draws=False)
    page = visitor.go("/developers/keys/")
    page.get_by_role("link", name="Make the first key").click()
    page.get_by_label("Name").fill("Our shop")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("#new-key").inner_text()
    assert status(house, key) == 200

    page.get_by_role("link", name="I have stored it").click()
    expect(page.get_by_role("row", name="Our shop")).to_be_visible()
    assert key not in page.content()
    page.get_by_role("button", name="Revoke Our shop").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("row", name="Our shop")).to_have_count(0)
    assert status(house, key) == 401

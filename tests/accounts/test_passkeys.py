"""A passkey from adding it to signing in with it, in a real browser under the real content security policy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.people import person, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def session_cookie(transactional_db: None) -> str:
    """Of Dora, signed in; made before the browser starts, whose event loop forbids Django's ORM in this thread."""
    return sign_in(person("Dora")).cookies["sessionid"].value


@pytest.fixture
def context(live_server: Any, session_cookie: str) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(base_url=live_server.url)
        context.add_cookies([{"name": "sessionid", "value": session_cookie, "url": live_server.url}])
        yield context
        browser.close()


def with_authenticator(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page with a virtual authenticator, and what the console complains about."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return page, complaints


def test_it_adds_a_passkey_and_signs_in_with_it(context: BrowserContext) -> None:
    page, complaints = with_authenticator(context)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill("Laptop")
    assert page.get_by_label("Sign in with it alone").is_checked()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(lambda url: "/webauthn/add" not in url)
    context.clear_cookies()
    assert context.request.get("/accounts/sessions/", max_redirects=0).status == 302
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    assert context.request.get("/accounts/sessions/", max_redirects=0).status == 200
    assert complaints == []


def test_it_says_so_when_no_passkey_is_there(context: BrowserContext) -> None:
    page, _ = with_authenticator(context)
    context.clear_cookies()
    page.goto("/accounts/login/")
    assert page.locator("#passkey-error").is_hidden()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("That did not work.").wait_for()

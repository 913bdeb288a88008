"""Signing in with an authenticator app, as somebody sees it who has just turned it on."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from accounts.models import User, Workspace
from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a quiet harbour at dusk"
STEP_SECONDS = 30


def code(secret: str, *, steps_ahead: int = 0) -> str:
    """What the app shows."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // STEP_SECONDS + steps_ahead)))


def test_it_asks_for_the_code_of_the_app_after_the_password(visit: Visit, alice: User, workspace: Workspace) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    visitor = visit(alice, workspace, draws=False, viewport={"width": 1280, "height": 800})
    page = visitor.go("/accounts/2fa/totp/activate/")
    secret = page.get_by_label("secret").input_value()
    page.get_by_label("code").fill(code(secret))
    page.get_by_role("button", name="Activate").click()
    page.wait_for_url(lambda url: "/activate" not in url)

    visitor.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/accounts/2fa/authenticate/")
    page.get_by_label("code").fill(code(secret, steps_ahead=1))  # a code works once, so this is the next one
    page.get_by_role("button", name="Sign In").click()
    page.wait_for_url("**/studio")
    expect(page.get_by_role("heading", name="Studio")).to_be_attached()

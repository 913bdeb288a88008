"""Browser journeys against the whole house. Fixtures: `visit` (somebody at a browser of their own), `mailbox`, `line`.

A test fails at its end when a page complained: errors on the console, requests that failed or were refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from accounts.models import User, Workspace
from accounts.tenancy import workspace_scope
from sessions.selectors import live_sessions
from sessions.services import session_end
from tests.browser.chromium import filming, launch
from tests.browser.line import Line
from tests.browser.mailbox import Mailbox
from tests.browser.visitor import Visit, Visitor
from tests.house import House
from tests.people import sign_in

PORTRAIT = Path(__file__).resolve().parents[1] / "avatars" / "photo" / "pictures" / "astronaut.jpg"
SMALL = {"width": 480, "height": 420}  # a stage that software can draw


@pytest.fixture(scope="package")
def line(house: House) -> Iterator[Line]:
    """Between the browser and the house."""
    line = Line(house.port)
    yield line
    line.close()


@pytest.fixture(scope="package")
def browser(house: House, line: Line) -> Iterator[Browser]:
    """One Chromium for all journeys, reaching the house through the line alone."""
    # Playwright runs an event loop in this thread; Django would refuse its database there.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = launch(playwright, f"--host-resolver-rules=MAP localhost 127.0.0.1:{line.port}", *filming(PORTRAIT))
        yield browser
        browser.close()


@pytest.fixture
def mailbox(house: House) -> Mailbox:
    return Mailbox(house.mail)


@pytest.fixture
def visit(browser: Browser, house: House, line: Line, transactional_db: None) -> Iterator[Visit]:
    """`visit()` is a stranger, `visit(alice, workspace)` Alice; more names are options of the browser's context.

    With `hears` every sample that reaches the speaker is recorded; that takes a listener which the content security
    policy forbids, so that other visits are the ones that prove the policy. Without `draws` the browser has no WebGL:
    the portrait stays in place of the head, and pages are quick.
    """
    visitors: list[Visitor] = []

    def arrive(
        user: User | None = None,
        workspace: Workspace | None = None,
        *,
        hears: bool = False,
        draws: bool = True,
        **options: Any,
    ) -> Visitor:
        chosen: dict[str, Any] = {"base_url": house.url, "viewport": SMALL, "bypass_csp": hears} | options
        context = browser.new_context(**chosen)
        visitors.append(Visitor.arrive(context, hears=hears, draws=draws))
        if user is not None:
            visitors[-1].take_seat(sign_in(user, workspace), house.url)
        return visitors[-1]

    yield arrive
    line.mend()
    for visitor in visitors:
        visitor.context.close()
    _end_sessions()
    assert [visitor.unexpected() for visitor in visitors] == [[] for _ in visitors]


def _end_sessions() -> None:
    """What the visitors left open."""
    for workspace in Workspace.objects.all():
        with workspace_scope(workspace.pk):
            for session in live_sessions():
                session_end(session_id=session.pk, reason="closed")

"""Somebody at a browser of their own, looking at the house; what goes wrong on their pages is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebSocket

from streaming.protocol import Kind, parse_media
from tests.browser.recording import Recording
from tests.live import Media

HERE = Path(__file__).parent
_ON_STAGE = "() => { const face = document.querySelector('#face'); return face.viewer === null || face.hasAttribute('shown'); }"
# A page that is left takes its unfinished requests with it.
LEFT = "net::ERR_ABORTED"


@dataclass
class Visitor:
    """One browser window. `complaints`: errors on the console, requests that failed or were refused."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)
    _expected: list[str] = field(default_factory=list)

    @classmethod
    def arrive(cls, context: BrowserContext, *, hears: bool, draws: bool) -> Visitor:
        """In a context of the browser; every page carries the recorder. Who hears needs one that bypasses CSP."""
        if hears:
            source = (HERE / "listener.js").read_text()
            context.add_init_script(f"window.listenerSource = {json.dumps(source)};")
        if not draws:
            context.add_init_script("HTMLCanvasElement.prototype.getContext = () => null;")
        context.add_init_script(path=HERE / "recorder.js")
        visitor = cls(context, context.new_page())
        visitor._watch(visitor.page)
        return visitor

    def expect_trouble(self, *patterns: str) -> None:
        """Complaints with one of these in them are part of the story."""
        self._expected += patterns

    def unexpected(self) -> list[str]:
        """The complaints that nobody expects."""
        return [line for line in self.complaints if not any(re.search(pattern, line) for pattern in self._expected)]

    def take_seat(self, client: Client, url: str) -> None:
        """Go on in this browser as who is signed in with a Django test client."""
        self.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])

    def go(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def studio(self, query: str = "") -> Recording:
        """Go to the studio, and see `on_stage`."""
        self.go(f"/studio{query}")
        return self.on_stage()

    def on_stage(self) -> Recording:
        """The studio that is open, its head on the stage where the browser draws: to load it again takes seconds."""
        self.page.wait_for_function(_ON_STAGE, polling=100, timeout=60_000)
        return Recording(self.page, self.media)

    def say(self, text: str) -> None:
        """Type a sentence and press Enter."""
        self.page.locator("#text").fill(text)
        self.page.locator("#text").press("Enter")

    def _watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("websocket", self._wire)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console {message.text} ({message.location.get('url')})")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT:
            self.complaints.append(f"failed {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.request.method} {response.url}")

    def _wire(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._received)

    def _received(self, payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            header, body = parse_media(payload)
            if header.kind in (Kind.PCM16, Kind.FACE):
                self.media.append(Media(0.0, header, body))


Visit = Callable[..., Visitor]

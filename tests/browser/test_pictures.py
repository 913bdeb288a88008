"""An avatar that the server draws, in a browser: pictures on a canvas, in time with what is heard."""

from __future__ import annotations

import pytest

from accounts.models import User, Workspace
from tests.browser.visitor import Visit
from tests.house import House
from tests.streaming.drawing import easel

__all__ = ["easel"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_PUT = """async ({ session, ticket }) => {
  await import('/static/visavis/visavis.js');
  const avatar = Object.assign(document.createElement('visavis-avatar'), { id: 'drawn' });
  avatar.style.cssText = 'position: fixed; inset: 0; width: 256px; height: 256px; z-index: 9';
  avatar.seen = { codecs: [], dark: new Set(), played: 0 };
  avatar.addEventListener('video', ({ detail }) => avatar.seen.codecs.push(detail.codec));
  avatar.addEventListener('turn-played', () => { avatar.seen.played += 1; });
  for (const [name, value] of Object.entries({ render: 'server', session, ticket, muted: '' })) avatar.setAttribute(name, value);
  document.body.append(avatar);
}"""
_LOOK = """() => {
  const { seen, shadowRoot } = document.querySelector('#drawn');
  const canvas = shadowRoot.querySelector('canvas.pictures');
  const row = canvas.getContext('2d').getImageData(0, canvas.height / 2, canvas.width, 1).data;
  seen.dark.add(row.filter((value, at) => at % 4 === 0 && value < 128).length);
  return seen.played > 0;
}"""
_TOLD = """() => {
  const { seen, conversation, shadowRoot } = document.querySelector('#drawn');
  const late = conversation.pictures.lateFrames(1);
  return { codecs: seen.codecs, dark: [...seen.dark], late, width: shadowRoot.querySelector('canvas.pictures').width };
}"""


def test_the_server_draws_for_a_page_that_cannot(
    easel: House, visit: Visit, alice: User, alice_key: str, workspace: Workspace
) -> None:
    page = visit(alice, workspace).go("/voices")
    with easel.http(alice_key) as http:
        made = http.post("/api/v1/sessions", json={"avatar": "ada", "render": "server"}).raise_for_status().json()
    page.evaluate(_PUT, {"session": made["id"], "ticket": made["ticket"]["ticket"]})
    page.wait_for_selector("#drawn[shown]", timeout=20_000)
    page.evaluate("() => document.querySelector('#drawn').say('Mama and papa are at home. They are all right.')")
    page.wait_for_function(_LOOK, polling=30, timeout=30_000)
    told = page.evaluate(_TOLD)
    assert told["codecs"][-1] == "vp8"
    assert told["width"] == 256
    assert len(told["dark"]) > 6, "the mouth moves"
    assert told["late"] <= 5

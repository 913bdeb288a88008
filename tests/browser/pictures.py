"""`python -m tests.browser.pictures`: take the README's picture of the studio, in an installation made for it."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright
from playwright.sync_api import TimeoutError as TooLate

from benchmarks.installation import Installation
from tests.browser.chromium import launch
from tests.browser.visitor import Visitor

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
SIZE = ViewportSize(width=1280, height=800)
SENTENCE = (
    "Good afternoon, and welcome aboard! I hope you are having a wonderful day. "
    "Our boat leaves from the old harbour at half past four, so we have all the time in the world for a coffee. "
    "And if you have a question about anything at all, just ask me."
)
MOST_TAKES = 12
# In mid-sentence with the mouth open; the answer is which picture of the head that is.
_MOMENT = """() => {
  const { viewer } = document.querySelector("#face");
  const { frames, morphs } = viewer.stats();
  const isSpeaking = document.querySelector("#caption .is-said") && document.querySelector("#caption .is-now");
  return isSpeaking && morphs.jawOpen > 0.12 && morphs.mouthClose < 0.02 ? frames : 0;
}"""


def main() -> None:
    """Speak and take pictures until one is of a good moment."""
    with Installation() as place, sync_playwright() as playwright:
        browser = launch(playwright)
        context = browser.new_context(base_url=place.url, viewport=SIZE, color_scheme="light")
        visitor = Visitor.arrive(context, hears=False, draws=True)
        _take_seat(visitor, place.url)
        stage = visitor.studio()
        visitor.page.wait_for_timeout(3000)
        for turn in range(1, MOST_TAKES + 1):
            visitor.say(SENTENCE)
            stage.wait_for("turn-started", turn=turn)
            picture = _take(visitor.page)
            if picture is not None:
                _keep(picture, "studio")
                break
        else:
            raise SystemExit("No take was good: is the machine too busy?")
        browser.close()


def _take_seat(visitor: Visitor, url: str) -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread
    from accounts.models import User
    from tests.people import sign_in

    visitor.take_seat(sign_in(User.objects.get()), url)


def _take(page: Page) -> bytes | None:
    """A screenshot of a good moment of the turn; None when the head moved on while it was taken."""
    try:
        before = page.wait_for_function(_MOMENT, polling=30, timeout=15_000).json_value()
    except TooLate:
        return None
    picture = page.screenshot(animations="allow", timeout=60_000)
    return picture if page.evaluate(_MOMENT) in (before, before + 1) else None


def _keep(picture: bytes, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.webp"
    Image.open(io.BytesIO(picture)).convert("RGB").save(path, quality=88, method=6)
    print(f"{path}: {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()

"""The browser of these journeys: where it is, how it is started, and what is done where it is missing."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    # 3D without a graphics card
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
]


def launch(playwright: Playwright, *extra: str) -> Browser:
    """Headless Chromium; where there is none the test is skipped, and on CI it fails."""
    path = _executable(playwright)
    if path is None:
        _do_without()
    return playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, *extra])


def filming(picture: Path) -> list[str]:
    """Arguments for a camera that films this JPEG, and that pages may use without asking."""
    film = Path(tempfile.gettempdir()) / f"visavis-{picture.stem}.mjpeg"
    film.write_bytes(picture.read_bytes())  # one picture, again and again
    return ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={film}"]


def _executable(playwright: Playwright) -> str | None:
    """`CHROMIUM`, the system's browser, or the one that `playwright install chromium` fetched."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    fetched = playwright.chromium.executable_path
    return found or (fetched if Path(fetched).exists() else None)


def _do_without() -> None:
    sentence = "NO CHROMIUM: the browser journeys did not run. Install chromium, or name it in CHROMIUM."
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)

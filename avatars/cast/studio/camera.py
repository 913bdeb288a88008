"""Draw a head with three.js in headless Chromium and hand the pictures back as Pillow images."""

from __future__ import annotations

import base64
import io
import mimetypes
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, Route, sync_playwright

STUDIO = Path(__file__).parent
REPOSITORY = STUDIO.parents[2]
CAST = REPOSITORY / "static" / "cast"
PATIENCE_MS = 180_000  # software rendering on a busy machine is slow
ORIGIN = "http://studio.invalid"
CHROMIUM_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Where the camera stands: angles in degrees, lengths in metres, picture in pixels."""

    width: int
    height: int
    fov: float = 18.0
    distance: float = 1.0
    level: float = -0.018  # height of camera and target above the eye line
    orbit: float = 0.0
    scale: float = 2.0  # supersampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One pose of the face: ARKit weights and the head's yaw, pitch and roll in degrees."""

    label: str
    weights: Mapping[str, float]
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


class Studio:
    """A loaded page that draws one head at a time."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def take(self, glb: Path, shots: Sequence[Shot], view: View) -> list[Image.Image]:
        """Load `glb` and draw each shot; pictures are `view.width` by `view.height`, RGB."""
        self._page.evaluate("url => window.studio.load(url)", f"{ORIGIN}/heads/{glb}")
        return [self._draw(shot, view) for shot in shots]

    def _draw(self, shot: Shot, view: View) -> Image.Image:
        head = {"yaw": shot.yaw, "pitch": shot.pitch, "roll": shot.roll}
        self._page.evaluate("([w, h]) => window.studio.pose(w, h)", [dict(shot.weights), head])
        encoded = str(self._page.evaluate("view => window.studio.draw(view)", asdict(view)))
        picture = Image.open(io.BytesIO(base64.b64decode(encoded.split(",", 1)[1]))).convert("RGB")
        return picture.resize((view.width, view.height), Image.Resampling.LANCZOS)


@contextmanager
def open_studio() -> Iterator[Studio]:
    """Start Chromium with the studio page.

    Raises FileNotFoundError when three.js is not installed; VISAVIS_THREE may name its folder.
    """
    three = _three_folder()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=list(CHROMIUM_SWITCHES)
        )
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: print("studio:", message.text))
        page.route("**/*", lambda route: _serve(route, three))
        page.goto(f"{ORIGIN}/studio/index.html")
        page.wait_for_function("window.studio !== undefined")
        yield Studio(page)
        browser.close()


def _three_folder() -> Path:
    default = REPOSITORY / "clients" / "web" / "node_modules" / "three"
    folder = Path(os.environ.get("VISAVIS_THREE", default))
    if not (folder / "build" / "three.module.js").is_file():
        raise FileNotFoundError(f"three.js not found in {folder}: run npm install in clients/web or set VISAVIS_THREE")
    return folder


def _serve(route: Route, three: Path) -> None:
    path = route.request.url.removeprefix(ORIGIN)
    roots = {"/three/": three, "/studio/": STUDIO, "/heads/": Path("/")}
    for prefix, root in roots.items():
        file = root / path.removeprefix(prefix).lstrip("/")
        if path.startswith(prefix) and file.is_file():
            kind = "model/gltf-binary" if file.suffix == ".glb" else mimetypes.guess_type(file.name)[0]
            route.fulfill(body=file.read_bytes(), content_type=kind or "application/octet-stream")
            return
    route.fulfill(status=404, body="not found")

"""What the browser's viewer costs where the processor draws: headless Chromium with SwiftShader, a head that speaks.

Needs no server: the page, the built viewer and the head are handed to the browser from the repository.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, CDPSession, Page, Route, sync_playwright

from benchmarks.figures import Figures

_ROOT: Final = Path(__file__).resolve().parents[1]
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
_HOST: Final = "http://viewer.test"
_SIDE: Final = 640  # CSS pixels
_HEADS: Final = ("ada", "amara", "kenji", "omar", "ruth")  # omar's hair is part of the skin, ada's is the longest
_LEVELS: Final = {"best_software": 4, "lowest": 6}  # of LEVELS in clients/web/src/viewer/QualityGovernor.ts
_SETTLING_S: Final = 2.5  # until what nobody sees is left out
_SECONDS: Final = 6.0
_PAGE: Final = """<!doctype html><meta charset="utf-8">
<div id="stage" style="position: relative; width: 100vw; height: 100vh"></div>
<script type="module">
import { ARKIT, FaceDirector, IdleFace, Viewer } from "/visavis.js";
const idle = new FaceDirector({ idle: (seed) => new IdleFace(seed) });
idle.begin(7, 0, { name: "happy", intensity: 0.6 });
const [jaw, funnel] = ["jawOpen", "mouthFunnel"].map((name) => ARKIT.indexOf(name));
const speaking = { faceAt(now) {
  const face = idle.faceAt(now);
  face.weights[jaw] = 0.3 + 0.2 * Math.sin(now / 60);
  face.weights[funnel] = 0.2 + 0.2 * Math.cos(now / 90);
  return face;
} };
window.show = async (head, level) => {
  const viewer = new Viewer(document.querySelector("#stage"));
  Object.assign(viewer, { level, source: speaking });
  window.viewer = viewer;
  await viewer.load(`/${head}.glb`);
};
window.stats = () => { const { morphs, ...rest } = window.viewer.stats(); return { ...rest, now: performance.now() }; };
window.ready = true;
</script>"""


def measure(figures: Figures) -> None:
    """viewer_fps_software (of all heads at the lowest level, the slowest), viewer_<level>_<head>_…

    Left out, loudly, where there is no Chromium.
    """
    path = os.environ.get("CHROMIUM") or next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        print("NO CHROMIUM: the viewer was not measured. Install chromium, or name it in CHROMIUM.", flush=True)
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        for head in _HEADS:
            for name, level in _LEVELS.items():
                _report(figures, f"{name}_{head}", _watch(browser, head, level))
        browser.close()
    lowest = min(figures.found[f"viewer_lowest_{head}_fps"]["value"] for head in _HEADS)
    figures.value("viewer_fps_software", lowest, "pictures/s", "≥ 20")
    figures.value("viewer_script_ms", figures.found[f"viewer_lowest_{_HEADS[0]}_script_ms"]["value"], "ms a picture")


def _report(figures: Figures, name: str, found: dict[str, float]) -> None:
    figures.value(f"viewer_{name}_fps", found["fps"], "pictures/s")
    figures.value(f"viewer_{name}_script_ms", found["script_ms"], "ms a picture")
    figures.value(f"viewer_{name}_cpu_ms", found["cpu_ms"], "ms of a core a picture")


def _watch(browser: Browser, head: str, level: int) -> dict[str, float]:
    """Pictures a second, script time, and the processor time of all of the browser's processes, over some seconds."""
    page = browser.new_page(viewport={"width": _SIDE, "height": _SIDE})
    page.route(f"{_HOST}/**", _serve)
    page.goto(f"{_HOST}/")
    page.wait_for_function("() => window.ready")
    page.evaluate("([head, level]) => window.show(head, level)", [head, level])
    page.wait_for_function("() => window.stats().frames > 4", timeout=120_000)
    page.wait_for_timeout(_SETTLING_S * 1000)
    devtools = browser.new_browser_cdp_session()
    begun, before = _stats(page), _processor_s(devtools)
    page.wait_for_timeout(_SECONDS * 1000)
    ended, after = _stats(page), _processor_s(devtools)
    devtools.detach()
    page.close()
    pictures = max(1, ended["frames"] - begun["frames"])
    fps = pictures / (ended["now"] - begun["now"]) * 1000
    return {"fps": fps, "script_ms": ended["costMs"], "cpu_ms": (after - before) / pictures * 1000}


def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(f"{_HOST}/")
    if not name:
        route.fulfill(body=_PAGE, content_type="text/html")
    elif name.endswith(".js"):
        route.fulfill(path=_ROOT / "clients" / "web" / "dist" / name, content_type="text/javascript")
    elif name.endswith(".glb"):
        route.fulfill(path=_ROOT / "static" / "cast" / name)
    else:
        route.fulfill(status=404)


def _stats(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("() => window.stats()")
    return found


def _processor_s(devtools: CDPSession) -> float:
    return sum(float(process["cpuTime"]) for process in devtools.send("SystemInfo.getProcessInfo")["processInfo"])

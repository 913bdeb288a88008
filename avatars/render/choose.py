"""Which renderer draws an avatar here, and what to fall back on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from avatars.render.base import Renderer, RenderFailed
from avatars.render.ladder import Rung
from avatars.render.look import USUAL, Look

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What to draw and how. Hashes, so what was made of it can be kept.

    `asset`: the GLB, the rig, or the folder of the LiteAvatar package. `size`: width and height in pixels. `fast`: OpenGL
    where it works; `look`: of the face that is drawn. For "wav2lip" `weights` and `box` (left, top, right, bottom) are
    given and `under` draws the face.
    """

    kind: Literal["head", "photo", "wav2lip", "liteavatar"]
    asset: Path
    size: tuple[int, int] = (512, 512)
    fast: bool = True
    look: Look = USUAL
    weights: Path | None = None
    box: tuple[int, int, int, int] | None = None
    under: Recipe | None = None


def build(recipe: Recipe) -> Renderer:
    """The best renderer that works on this machine. Raises RenderFailed."""
    makers: dict[str, Callable[[Recipe], Renderer]]
    makers = {"head": _head, "photo": _photo, "wav2lip": _wav2lip, "liteavatar": _liteavatar}
    return makers[recipe.kind](recipe)


def rungs(recipe: Recipe, make: Callable[[Recipe], Renderer] = build) -> tuple[Rung, ...]:
    """The ladder's rungs for a recipe: as asked, simpler (without the neural mouth, else half the size)."""
    simpler = recipe.under if recipe.kind == "wav2lip" and recipe.under else halved(recipe)
    return (
        Rung(name=recipe.kind, make=lambda: make(recipe)),
        Rung(name=f"{simpler.kind}_simple", make=lambda: make(simpler)),
    )


def halved(recipe: Recipe) -> Recipe:
    """The recipe at half the size; boxes shrink with it."""
    width, height = recipe.size
    left, top, right, bottom = recipe.box or (0, 0, 0, 0)
    return replace(
        recipe,
        size=(max(64, width // 2), max(64, height // 2)),
        box=(left // 2, top // 2, right // 2, bottom // 2) if recipe.box else None,
        under=halved(recipe.under) if recipe.under else None,
    )


def device() -> str:
    """Where torch draws: "cuda" or "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _head(recipe: Recipe) -> Renderer:
    from avatars.render.head.model import load_head
    from avatars.render.head.torch_renderer import TorchHead

    head, behind = load_head(recipe.asset), recipe.look.behind(recipe.size)
    if device() == "cpu" and recipe.fast:
        from avatars.render.head.gl_renderer import GLHead

        try:
            return GLHead(head, recipe.size, framing=recipe.look.framing, backdrop=behind)
        except RenderFailed as problem:
            _log.info("heads are drawn by torch: %s", problem)
    samples = 1.25 if device() == "cpu" else 1.5  # a pixel and axis
    return TorchHead(head, recipe.size, device=device(), oversample=samples, framing=recipe.look.framing, backdrop=behind)


def _photo(recipe: Recipe) -> Renderer:
    from avatars.photo.renderer import PhotoRenderer
    from avatars.photo.rig import BadRig, PhotoRig
    from avatars.render.portrait import dressed

    try:
        rig = dressed(PhotoRig.load(recipe.asset), recipe.look, recipe.size)
        return PhotoRenderer(rig, recipe.size, device())
    except BadRig as problem:
        raise RenderFailed(problem.code, str(problem)) from problem
    except OSError as problem:
        raise RenderFailed("rig_missing", f"{recipe.asset.name} can't be read: {problem.strerror}") from problem


def _wav2lip(recipe: Recipe) -> Renderer:
    from avatars.render.wav2lip import Box, Wav2LipRenderer

    if recipe.weights is None or recipe.box is None or recipe.under is None:
        raise RenderFailed("bad_recipe", "wav2lip needs weights, a box and a recipe of the face under it")
    left, top, right, bottom = recipe.box
    box = Box(left=left, top=top, right=right, bottom=bottom)
    return Wav2LipRenderer(recipe.weights, build(recipe.under), box, device=device())


def _liteavatar(recipe: Recipe) -> Renderer:
    from avatars.render.liteavatar import LiteAvatarRenderer
    from avatars.render.liteavatar_package import load_package

    return LiteAvatarRenderer(load_package(recipe.asset), recipe.size)

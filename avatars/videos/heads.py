"""3D heads in videos: on CUDA where there is one, else in OpenGL where that works, else in torch."""

from __future__ import annotations

import torch

from avatars.render.base import Pictures, Renderer, RenderFailed
from avatars.render.head.gl_renderer import GLHead
from avatars.render.head.model import read_head
from avatars.render.head.torch_renderer import TorchHead
from avatars.render.memory import keep_freed


def head_renderer(data: bytes, size: tuple[int, int], behind: Pictures | None, *, framing: str = "head") -> Renderer:
    """Draws the head whose GLB is `data` at `size`, over `behind` (H, W, 3) or the studio. Raises RenderFailed."""
    head = read_head(data)
    if torch.cuda.is_available():
        return TorchHead(head, size, device="cuda", framing=framing, backdrop=behind)
    try:
        return GLHead(head, size, oversample=1.5, framing=framing, backdrop=behind)
    except RenderFailed as problem:
        if problem.code != "gl_missing":
            raise
    keep_freed()
    return TorchHead(head, size, framing=framing, backdrop=behind)

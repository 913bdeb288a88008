"""A worker for videos whose drawing hangs in native code as long as the file STUCK names is there:
`dramatiq tests.avatars.videos.stuck --queues render`. After that it draws brightness."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from accounts.queue import broker  # noqa: E402
from avatars.render.base import Pictures, Table  # noqa: E402
from avatars.videos import actors  # noqa: E402
from avatars.videos.place import Place  # noqa: E402
from tests.avatars.videos.factories import Painter, a_wish  # noqa: E402

LIMIT_S = 2.0


class Stuck(Painter):
    """Draws unless it hangs, with Python's lock in its hand."""

    def render(self, table: Table) -> Pictures:
        if Path(os.environ["STUCK"]).exists():
            ctypes.PyDLL(None).sleep(120)
        return super().render(table)


def stuck(content: bytes, size: tuple[int, int], behind: Any, **look: Any) -> Stuck:
    """In place of what draws heads: without torch a worker is there sooner."""
    return Stuck(a_wish(width=size[0], height=size[1]))


for name in ("heads", "photos"):
    sys.modules[f"avatars.videos.{name}"] = SimpleNamespace(head_renderer=stuck, photo_renderer=stuck)  # type: ignore[assignment]
broker.add_middleware(Place(limit_s=LIMIT_S))
__all__ = ["actors", "broker"]

"""Presets and pictures for tests. Call these inside a workspace's scope."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

from PIL import Image

from avatars.assets import asset_create
from avatars.blocks.models import Asset, AssetKind, Preset
from avatars.presets import preset_create
from avatars.uploads.picture import rewritten


def a_picture(form: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **more: Any) -> bytes:
    """A file with one colour in it."""
    out = io.BytesIO()
    Image.new(mode, size, (200, 40, 90, 128)[: len(mode)]).save(out, form, **more)
    return out.getvalue()


def an_asset(kind: AssetKind = AssetKind.BACKGROUND) -> Asset:
    """A small picture."""
    return asset_create(name="Wall", kind=kind, picture=rewritten(a_picture()))


def a_preset(**values: Any) -> Preset:
    """One with a name of its own."""
    return preset_create(**{"name": uuid4().hex} | values)

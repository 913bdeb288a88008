"""The stock cast: 3D heads that every workspace may use, described in static/cast/cast.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.templatetags.static import static

from accounts.errors import Invalid

DEFAULT_VOICES = {"female": "hibari-heart", "male": "kokoro-am_michael"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AvatarInfo:
    """Someone to see: `id` is stable, URLs are relative to the site, or absolute and signed. `kind`: see AvatarKind; `gap`
    moves with the lips (avatars.face.Rig), empty for the usual one."""

    id: str
    name: str
    description: str
    gender: str
    kind: str
    asset_url: str
    portrait_url: str
    default_voice: str
    gap: dict[str, float]
    is_own: bool = False


@cache
def stock_cast() -> tuple[AvatarInfo, ...]:
    """Every stock avatar, in the order of the cast list."""
    path = Path(settings.BASE_DIR) / "static" / "cast" / "cast.json"
    listed: list[dict[str, Any]] = json.loads(path.read_text())["heads"]
    return tuple(_info(entry) for entry in listed)


def _info(entry: dict[str, Any]) -> AvatarInfo:
    gender = entry["voice_gender"]
    return AvatarInfo(
        id=entry["slug"],
        name=entry["name"],
        description=entry["description"],
        gender=gender,
        kind="head3d",
        asset_url=static(f"cast/{entry['file']}"),
        portrait_url=static(f"cast/{entry['portrait']}"),
        default_voice=DEFAULT_VOICES.get(gender, "hibari-heart"),
        gap=entry.get("gap", {}),
    )


def stock_avatar(slug: str) -> AvatarInfo:
    """One stock avatar; raises Invalid."""
    for info in stock_cast():
        if info.id == slug:
            return info
    raise Invalid(f"No avatar {slug!r}.", code="unknown_avatar", hint="GET /api/v1/avatars lists them.")

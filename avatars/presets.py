"""Named combinations of avatar, voice, emotion, framing and background, for the sessions and videos of a workspace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.errors import Conflict, Invalid, NotFound
from accounts.tenancy import TenantQuerySet
from avatars.assets import access_asset
from avatars.blocks.models import Asset, AssetKind, AvatarLook, Framing, Preset
from avatars.looks import NEUTRAL, saved_look, spelled
from avatars.models import Avatar
from avatars.selectors import avatar, voices_available
from avatars.stock import stock_cast

_ID_LENGTH = 36
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """What a session or a video is to show and sound like. Empty: `voice` the avatar's own, `background` none."""

    avatar: str
    voice: str
    rate: float = 1.0
    emotion: str = NEUTRAL
    intensity: float = 0.0
    gaze: tuple[int, int] = (0, 0)
    framing: str = Framing.HEAD.value
    background: str = ""


def presets() -> TenantQuerySet[Preset]:
    """Newest first."""
    return Preset.objects.get_queryset().order_by("-created_at", "-id")


def access_preset(preset_id: UUID) -> Preset:
    """One preset; raises NotFound when it is absent or a stranger's."""
    try:
        return Preset.objects.get(pk=preset_id)
    except Preset.DoesNotExist as error:
        raise NotFound("No such preset in this workspace.", code="preset_not_found") from error


def staged(*, preset: str = "", avatar_id: str = "", voice_id: str = "", background: str | None = None) -> Staging:
    """What is named explicitly, else by the preset (a name or an id), else set for the avatar, else usual. `background`: None
    leaves it to the preset.

    Raises Invalid: unknown_preset, or avatar_missing where neither names an avatar; Conflict: preset_outdated where the
    preset names what is not there any more.
    """
    chosen = _chosen(preset) if preset else Preset()
    if preset:
        _require_whole(chosen, {"avatar": avatar_id or None, "voice": voice_id or None, "background": background})
    shown = avatar_id or chosen.avatar
    if not shown:
        raise Invalid("Name an avatar, or a preset that has one.", code="avatar_missing", hint="GET /api/v1/avatars lists them.")
    look = saved_look(shown) or AvatarLook(emotion=NEUTRAL, intensity=Decimal(0))
    emotion, intensity = (chosen.emotion, chosen.intensity) if chosen.emotion else (look.emotion, look.intensity)
    return Staging(
        avatar=shown,
        voice=voice_id or chosen.voice,
        rate=float(chosen.rate or 1),
        emotion=emotion,
        intensity=float(intensity or 0),
        gaze=(look.gaze_x, look.gaze_y),
        framing=chosen.framing or look.framing,
        background=chosen.background if background is None else background,
    )


def missing_in(rows: Sequence[Preset]) -> dict[UUID, list[str]]:
    """What of "avatar", "voice", "background" each preset names that is not there any more."""
    there = {
        "avatar": {*_kept(Avatar, (row.avatar for row in rows)), *(info.id for info in stock_cast())},
        "voice": {voice.id for voice in voices_available()},
        "background": _kept(Asset, (row.background for row in rows)),
    }
    return {row.pk: [name for name, found in there.items() if _is_lost(getattr(row, name), found)] for row in rows}


def _kept(model: type[Avatar | Asset], named: Iterable[str]) -> set[str]:
    """The ids that rows have of what is named; what is no id is a colour, or of the stock cast."""
    ids = [text for text in map(spelled, named) if len(text) == _ID_LENGTH]
    return {str(key) for key in model.objects.filter(pk__in=ids).values_list("pk", flat=True)}


def _is_lost(named: str, there: set[str]) -> bool:
    return bool(named) and not named.startswith("#") and spelled(named) not in there


def _require_whole(chosen: Preset, explicit: dict[str, str | None]) -> None:
    missing = [name for name in missing_in([chosen])[chosen.pk] if explicit[name] is None]
    if missing:
        raise Conflict(
            f"The preset {chosen.name!r} names what has been deleted: {', '.join(missing)}.",
            code="preset_outdated",
            hint=f"PATCH /api/v1/presets/{chosen.pk} to name another, or null for none.",
            missing=missing,
        )


def _chosen(text: str) -> Preset:
    try:
        found = Preset.objects.filter(pk=UUID(text)).first()
    except ValueError:
        found = None
    found = found or Preset.objects.filter(name=text).first()
    if found is None:
        raise Invalid(f"There is no preset {text!r}.", code="unknown_preset", hint="GET /api/v1/presets lists them.")
    return found


@transaction.atomic
def preset_create(*, name: str, **values: Any) -> Preset:
    """A new preset. Raises Conflict for a name that is taken, Invalid for an avatar, voice or background that is not there."""
    preset = Preset(name=name, **values)
    _save(preset, values)
    audit.record("preset.created", subject=preset.pk, name=name)
    return preset


@transaction.atomic
def preset_change(*, preset_id: UUID, **values: Any) -> Preset:
    """Change what is named; raises as `preset_create`, and NotFound."""
    preset = access_preset(preset_id)
    for field, value in values.items():
        setattr(preset, field, value)
    _save(preset, values)
    audit.record("preset.changed", subject=preset.pk, changed=sorted(values))
    return preset


@transaction.atomic
def preset_delete(*, preset_id: UUID) -> None:
    """Remove it; sessions that began with it stay as they are."""
    preset = access_preset(preset_id)
    audit.record("preset.deleted", subject=preset.pk, name=preset.name)
    preset.delete()


def _save(preset: Preset, values: dict[str, Any]) -> None:
    _check(**{name: values[name] for name in ("avatar", "voice", "background") if values.get(name)})
    try:
        with transaction.atomic():
            preset.save()
    except IntegrityError as error:
        raise Conflict(f"There is a preset called {preset.name!r}.", code="preset_exists", hint="Choose another name.") from error


def _check(**named: str) -> None:
    if "avatar" in named:
        avatar(named["avatar"])
    if "voice" in named and named["voice"] not in {voice.id for voice in voices_available()}:
        raise Invalid(f"There is no voice {named['voice']!r}.", code="unknown_voice", hint="GET /api/v1/voices lists them.")
    if "background" in named and not _COLOUR.fullmatch(named["background"]):
        _require_background(named["background"])


def _require_background(asset_id: str) -> None:
    try:
        is_background = access_asset(UUID(asset_id)).kind == AssetKind.BACKGROUND
    except (ValueError, NotFound):
        is_background = False
    if not is_background:
        hint = 'Send a colour like "#f4f1ea", or the id of an asset of the kind "background".'
        raise Invalid("There is no such background.", code="unknown_background", hint=hint)

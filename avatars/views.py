"""Pages about whom one sees and hears: studio, avatars, voices, and the sample of a voice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.errors import Problem
from accounts.pages import PageRequest, workspace_page
from avatars import consent, samples
from avatars.models import AvatarState
from avatars.rest.avatar_shapes import own_shapes
from avatars.selectors import avatars_available, default_voice, own_avatars, voices_available
from avatars.services.own import avatar_delete, voice_chosen_last
from avatars.stock import AvatarInfo
from avatars.voice import DEFAULT_VOICE, VoiceInfo

Page = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """An emotion as a chip: its name on the wire and its icon."""

    name: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CastMember:
    """An avatar with the voice that it speaks with unless another one is chosen."""

    info: AvatarInfo
    voice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An avatar in the gallery."""

    info: AvatarInfo
    voice_name: str


MOODS = tuple(
    Mood(name=name, icon=icon)
    for name, icon in (
        ("neutral", "meh"),
        ("happy", "smile"),
        ("excited", "laugh"),
        ("soothing", "heart"),
        ("surprised", "eye"),
        ("serious", "annoyed"),
        ("sad", "frown"),
        ("angry", "angry"),
    )
)
SUGGESTIONS = (
    "Hello! It is lovely to meet you, face to face.",
    "Your table for two is ready. This way, please.",
    "Shall I explain that once more?",
)


# Where no graphics card draws, the viewer thins heads by WebAssembly. Evaluating text stays forbidden.
shows_heads: Callable[[Page], Page] = csp_update({"script-src": ["'wasm-unsafe-eval'"]})


@shows_heads
@workspace_page("avatars:read")
@require_GET
def studio(request: PageRequest) -> HttpResponse:
    """Talk with an avatar. `?avatar=` and `?voice=` choose who is on the stage."""
    cast = _cast()
    member = next((one for one in cast if one.info.id == request.GET.get("avatar")), cast[0])
    speaking = {voice.id for voice in voices_available() if voice.available}
    wanted = request.GET.get("voice", "")
    context = {
        "cast": cast,
        "member": member,
        "voices": _ready_first(voices_available()),
        "voice": wanted if wanted in speaking else member.voice,
        "moods": MOODS,
        "suggestions": SUGGESTIONS,
        "can_talk": request.access.allows("sessions:write"),
    }
    return render(request, "studio/page.html", context)


@shows_heads
@workspace_page("avatars:read")
@require_GET
def avatars(request: PageRequest) -> HttpResponse:
    """The gallery."""
    names = {voice.id: voice.name for voice in voices_available()}
    cards = [Card(info=member.info, voice_name=names[member.voice]) for member in _cast()]
    context = {
        "own": [card for card in cards if card.info.is_own],
        "stock": [card for card in cards if not card.info.is_own],
        "unfinished": own_shapes(own_avatars().exclude(state=AvatarState.READY)),
        "can_make": request.access.allows("avatars:write"),
    }
    return render(request, "avatars/page.html", context)


@shows_heads
@workspace_page("avatars:write")
@require_GET
def avatar_new(request: PageRequest) -> HttpResponse:
    """From a photo or a head to an avatar; `?avatar=` goes on with one that waits for a choice."""
    context = {
        "consent": consent.TEXT,
        "consent_version": consent.VERSION,
        "photo_bytes": settings.AVATAR_PHOTO_BYTES,
        "head_bytes": settings.AVATAR_HEAD_BYTES,
        "photo_megabytes": settings.AVATAR_PHOTO_BYTES // 1_000_000,
        "head_megabytes": settings.AVATAR_HEAD_BYTES // 1_000_000,
        "resumed": request.GET.get("avatar", ""),
        "voices": [voice for voice in voices_available() if voice.available],
        "voice": voice_chosen_last() or DEFAULT_VOICE,
    }
    return render(request, "avatars/new.html", context)


@workspace_page("avatars:write")
@require_POST
def avatar_remove(request: PageRequest, avatar_id: UUID) -> HttpResponse:
    """Delete an avatar from the gallery."""
    avatar_delete(avatar_id=avatar_id)
    messages.success(request, "The avatar, its picture and everything made from it are deleted.")
    return redirect("avatars")


@workspace_page("avatars:read")
@require_GET
def voices(request: PageRequest) -> HttpResponse:
    """Every voice, those that can speak here first."""
    listed = _ready_first(voices_available())
    languages = sorted({voice.language for voice in listed})
    context = {"voices": listed, "languages": languages, "longest": samples.LONGEST}
    return render(request, "voices/page.html", context)


@workspace_page("avatars:read")
@require_GET
def voice_sample(request: PageRequest, voice_id: str) -> HttpResponse:
    """WAV of `?text=`, or of a sentence in the voice's language; 404 for a voice that can't speak here."""
    access = request.access
    try:
        wav = samples.sample(voice_id, request.GET.get("text", ""), asked_by=access.throttle_key)
    except Problem as error:
        return HttpResponse(error.detail, status=error.status, content_type="text/plain; charset=utf-8")
    response = HttpResponse(wav, content_type="audio/wav")
    response["Cache-Control"] = f"private, max-age={samples.KEPT_SECONDS}"
    return response


def _cast() -> list[CastMember]:
    return [CastMember(info=info, voice=default_voice(info)) for info in avatars_available()]


def _ready_first(voices: tuple[VoiceInfo, ...]) -> list[VoiceInfo]:
    return sorted(voices, key=lambda voice: not voice.available)

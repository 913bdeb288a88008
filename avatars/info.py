"""What this installation is and can do, for clients that want to know before they ask."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.conf import settings

from avatars.blocks import encoding, lips, recording, speaking
from avatars.face import EMOTIONS, VISEMES
from avatars.selectors import avatars_available, voices_available
from avatars.uploads import picture

NAME = "Visavis"


def release() -> str:
    """The version of the product; "0" from a folder that was never installed."""
    try:
        return version("visavis")
    except PackageNotFoundError:
        return "0"


def info() -> dict[str, Any]:
    """Name, version, what there is and how much of it, limits, and formats. Inside of a workspace scope."""
    voices = voices_available()
    return {
        "name": NAME,
        "version": release(),
        "api_version": settings.SPECTACULAR_SETTINGS["VERSION"],
        "avatars": len(avatars_available()),
        "voices": len(voices),
        "voices_available": sum(voice.available for voice in voices),
        "features": features(),
        "emotions": EMOTIONS,
        "visemes": VISEMES,
        "formats": {
            "speech": ["wav", "pcm16", *encoding.available()],
            "lipsync": ["visemes", "weights", "stream"],
            "audio_upload": ["wav", "pcm16", "opus", "mp3"],
            "assets": ["image/jpeg", "image/png", "image/webp"],
        },
        "limits": _limits(),
    }


def features() -> list[str]:
    """What can be used here and now."""
    from avatars.audio.network import WEIGHTS

    always = ["sessions", "speech", "lipsync_text", "presets", "assets"]
    return [*always, *(["lipsync_audio"] if WEIGHTS.exists() else []), *(["billing"] if settings.BILLING_ENABLED else [])]


def _limits() -> dict[str, int]:
    return {
        "text_characters": speaking.MOST_CHARACTERS,
        "audio_upload_bytes": recording.MOST_BYTES,
        "audio_upload_ms": recording.MOST_SECONDS * 1000,
        "asset_bytes": picture.MOST_BYTES,
        "asset_pixels": picture.MOST_PIXELS,
        "lipsync_fps": lips.MOST_FPS,
        "session_seconds": settings.SESSION_MAX_SECONDS,
    }

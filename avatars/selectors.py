"""Reading avatars and voices."""

from accounts.errors import Conflict, Invalid
from avatars.stock import AvatarInfo, stock_avatar, stock_cast
from avatars.voice import VoiceInfo, catalogue


def avatars_available() -> tuple[AvatarInfo, ...]:
    """Every avatar of the workspace: today the stock cast."""
    return stock_cast()


def avatar(avatar_id: str) -> AvatarInfo:
    """One avatar; raises NotFound."""
    return stock_avatar(avatar_id)


def voices_available() -> tuple[VoiceInfo, ...]:
    """Every voice that is known here, with what it needs where it can't speak yet."""
    return catalogue()


def voice(voice_id: str) -> VoiceInfo:
    """One voice that can speak; raises Invalid (unknown_voice) or Conflict (voice_unavailable)."""
    info = next((info for info in catalogue() if info.id == voice_id), None)
    if info is None:
        raise Invalid(f"There is no voice {voice_id!r}.", code="unknown_voice", hint="GET /api/v1/voices lists them.")
    if not info.available:
        raise Conflict(f"The voice {voice_id} is not installed here.", code="voice_unavailable", hint=info.needs or "")
    return info


def default_voice(info: AvatarInfo) -> str:
    """The avatar's own voice where it is installed, else the first voice that is."""
    voices = catalogue()
    ready = [voice.id for voice in voices if voice.available]
    return info.default_voice if info.default_voice in ready else ready[0]

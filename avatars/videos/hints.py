"""What to do about a video that failed, by the code of its error."""

from __future__ import annotations

_AGAIN = "Make it again. If it fails again, the server's log says more."
_HINTS = {
    "avatar_deleted": "Choose another avatar.",
    "avatar_incomplete": "Make the avatar anew, or choose another one.",
    "avatar_not_found": "Choose another avatar.",
    "format_unavailable": "Choose WebM; MP4 needs an FFmpeg with H.264 on the server.",
    "no_background": "Choose another background.",
    "no_cut_out": "Choose a background: this avatar can't be drawn without one.",
    "no_sound": "Send a file with sound in it.",
    "quota_exceeded": "See Usage for what is left; a larger plan has more room.",
    "recording_too_long": "Send it in parts.",
    "recording_too_short": "Send a longer recording.",
    "spend_cap_reached": "Raise the workspace's spend cap under Billing.",
    "transcript_differs": "Send the very words that are heard, in the voice's language; or leave captions and transcript out.",
    "too_long": "Shorten the script, or make several videos.",
    "unreadable_sound": "Send WAV, MP3, Ogg, M4A, WebM or FLAC.",
    "unsupported_language": "Choose a voice of the script's language.",
    "unsupported_text": "Send words of the voice's language.",
    "voice_unavailable": "Choose another voice.",
    "worker_lost": "Make it smaller or shorter. If that fails as well, the server's log says where its workers hang or die.",
}


def hint_for(code: str) -> str:
    """One sentence; the same for all errors that are nobody's fault in particular."""
    return _HINTS.get(code, _AGAIN)

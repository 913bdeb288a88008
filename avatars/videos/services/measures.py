"""How long a video will probably be, and how much room it takes while it is made."""

from __future__ import annotations

from avatars.face.channels import CHANNELS
from avatars.videos.wish import VideoWish
from avatars.voice import SAMPLE_RATE

PAUSES_MS = 1500
# Slower than nearly every voice speaks, so that the hold is enough; what is exact follows from the sound.
_MS_PER_CHARACTER = 90
_BITS_PER_PIXEL = 0.06
_SAMPLE_BYTES, _WEIGHT_BYTES = 2, 4


def expected_ms(wish: VideoWish) -> int:
    """How long the wish's script is spoken."""
    return round(len(wish.script) * _MS_PER_CHARACTER / wish.rate) + PAUSES_MS


def bytes_while_made(wish: VideoWish, duration_ms: int, upload: int) -> int:
    """What is stored until the video is finished: a recording of `upload` bytes, the sound, the face track, the pictures."""
    frames = wish.fps * duration_ms // 1000
    pictures = round(wish.width * wish.height * frames * _BITS_PER_PIXEL / 8)
    return upload + duration_ms * SAMPLE_RATE // 1000 * _SAMPLE_BYTES + frames * len(CHANNELS) * _WEIGHT_BYTES + pictures

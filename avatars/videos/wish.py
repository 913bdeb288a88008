"""What a video is to be, as a value: checked where it enters, stored as JSON, the same wish always has the same digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

Format = Literal["webm", "mp4"]
Captions = Literal["none", "burned", "vtt"]
# Counts up when the same wish would give another picture or sound: what was kept before is then made afresh.
RECIPE = 1
MOST_SECONDS, LEAST_SECONDS = 600, 0.2  # of a recording


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionCue:
    """From `at_ms` of speech on, or from the word at character `at_text` of the script on, the face goes to `name`."""

    name: str
    intensity: float
    at_ms: int | None = None
    at_text: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoWish:
    """Everything that decides how a video looks and sounds.

    Either `script` is spoken with `voice`, or the recording whose SHA-256 is `audio` is heard; `transcript` is what it says,
    in the language of `voice`, for captions. `background`: empty for the
    avatar's own, "#rrggbb", or an asset's id. `framing`: one of FRAMING. `gaze`: degrees to the avatar's left and up.
    `label`: the visible words of disclosure, empty for none.
    """

    avatar: str
    script: str = ""
    audio: str = ""
    transcript: str = ""
    voice: str = ""
    rate: float = 1.0
    emotions: tuple[EmotionCue, ...] = ()
    background: str = ""
    framing: str = "head"
    gaze: tuple[int, int] = (0, 0)
    width: int = 512
    height: int = 512
    fps: int = 25
    format: Format = "webm"
    captions: Captions = "none"
    label: str = ""
    alpha: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    @property
    def characters(self) -> int:
        """How many are spoken: to be heard, or to find out where a recording says them."""
        return len(self.script) or len(self.transcript)

    def as_json(self) -> dict[str, Any]:
        """Plain values, for a JSON column."""
        return asdict(self) | {"emotions": [asdict(cue) for cue in self.emotions]}

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """The wish that `as_json` gave."""
        known = {one.name: stored[one.name] for one in fields(cls) if one.name in stored}
        lists = {
            "emotions": tuple(EmotionCue(**cue) for cue in stored.get("emotions", ())),
            "gaze": tuple(stored.get("gaze", (0, 0))),
        }
        return cls(**known | lists)

    def digest(self) -> str:
        """SHA-256 of the wish and the recipe, in hex."""
        text = json.dumps([RECIPE, self.as_json()], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def seed(self) -> int:
        """A u32 for the idle motion: the same wish moves the same way."""
        return int(self.digest()[:8], 16)

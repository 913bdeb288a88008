"""What a session shows besides its avatar: where it starts from, fixed when it is created."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from avatars.presets import Staging


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLook:
    """The emotion before anything else was said, the pace of the voice, where the eyes rest (degrees), how much of the person
    is shown, and what is behind: "#rrggbb", an asset's id, or nothing."""

    emotion: str = "neutral"
    intensity: float = 0.0
    rate: float = 1.0
    gaze_x: int = 0
    gaze_y: int = 0
    framing: str = "head"
    background: str = ""

    @classmethod
    def of(cls, staging: Staging) -> Self:
        """What a preset and the avatar's own state come to."""
        return cls(
            emotion=staging.emotion,
            intensity=staging.intensity,
            rate=staging.rate,
            gaze_x=staging.gaze[0],
            gaze_y=staging.gaze[1],
            framing=staging.framing,
            background=staging.background,
        )

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """As `as_json` gave it; the usual look of a session that has none."""
        return cls(**stored)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return asdict(self)

    def shown(self) -> dict[str, Any]:
        """As the API and `session.ready` tell it."""
        return {
            "emotion": {"name": self.emotion, "intensity": self.intensity},
            "rate": self.rate,
            "gaze": {"x": self.gaze_x, "y": self.gaze_y},
            "framing": self.framing,
            "background": self.background or None,
        }

"""What a client that can't draw wants of the pictures made for it: codecs in the order of its liking, size, rate, bandwidth."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

CODECS = ("vp8", "webp", "jpeg")
MIN_SIDE, MAX_SIDE, DEFAULT_SIDE = 128, 1024, 512
MIN_FPS, MAX_FPS, DEFAULT_FPS = 1, 30, 25
MIN_KBPS, MAX_KBPS, DEFAULT_KBPS = 50, 20_000, 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoWish:
    """Pictures of at most `width` pixels a side, `fps` a second and `kbps` (1000 bit/s), in the first of `codecs` that the
    server has. ValueError names the field that is out of range."""

    codecs: tuple[str, ...] = ("jpeg",)
    width: int = DEFAULT_SIDE
    fps: int = DEFAULT_FPS
    kbps: int = DEFAULT_KBPS

    def __post_init__(self) -> None:
        known = set(self.codecs) <= set(CODECS) and len(set(self.codecs)) == len(self.codecs) > 0
        _require(known, f"'codecs' must name some of {', '.join(CODECS)}, each once")
        _require(MIN_SIDE <= self.width <= MAX_SIDE, f"'width' must lie in {MIN_SIDE}–{MAX_SIDE}")
        _require(MIN_FPS <= self.fps <= MAX_FPS, f"'fps' must lie in {MIN_FPS}–{MAX_FPS}")
        _require(MIN_KBPS <= self.kbps <= MAX_KBPS, f"'kbps' must lie in {MIN_KBPS}–{MAX_KBPS}")

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return asdict(self) | {"codecs": list(self.codecs)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> VideoWish:
        """A wish as stored; ValueError when it is none."""
        return cls(**fields | {"codecs": tuple(fields.get("codecs", ("jpeg",)))})


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)

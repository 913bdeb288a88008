"""What is metered, and in which unit. Quantities are whole numbers of the metric's smallest unit, everywhere."""

from django.db import models


class Metric(models.TextChoices):
    """The order is the lock order: a transaction that takes several metrics takes them from top to bottom."""

    CONCURRENT_SESSIONS = "concurrent_sessions", "Sessions at once"
    STORAGE_BYTES = "storage_bytes", "Storage"
    VOICES = "voices", "Own voices"
    AVATARS = "avatars", "Own avatars"
    MEMBERS = "members", "Members"
    AVATAR_MS = "avatar_ms", "Avatar time"
    RENDER_MS = "render_ms", "Rendered pictures"
    TTS_CHARACTERS = "tts_characters", "Spoken characters"
    STT_MS = "stt_ms", "Speech recognition"
    LLM_INPUT_TOKENS = "llm_input_tokens", "Language model input"
    LLM_OUTPUT_TOKENS = "llm_output_tokens", "Language model output"

    @property
    def unit(self) -> str:
        return _UNITS[self]

    @property
    def is_gauge(self) -> bool:
        """A level that is held and given back, without a period; the others are counters that start afresh each period."""
        return self in GAUGES


GAUGES = frozenset({Metric.CONCURRENT_SESSIONS, Metric.STORAGE_BYTES, Metric.VOICES, Metric.AVATARS, Metric.MEMBERS})
# What the product shows today; seats are enforced (seats.py) and not shown, plans already carry figures for the rest.
METERED = (
    Metric.CONCURRENT_SESSIONS,
    Metric.AVATAR_MS,
    Metric.TTS_CHARACTERS,
    Metric.RENDER_MS,
    Metric.STT_MS,
    Metric.STORAGE_BYTES,
    Metric.AVATARS,
)
_UNITS = {
    Metric.CONCURRENT_SESSIONS: "sessions",
    Metric.STORAGE_BYTES: "bytes",
    Metric.VOICES: "voices",
    Metric.AVATARS: "avatars",
    Metric.MEMBERS: "members",
    Metric.AVATAR_MS: "ms",
    Metric.RENDER_MS: "ms",
    Metric.TTS_CHARACTERS: "characters",
    Metric.STT_MS: "ms",
    Metric.LLM_INPUT_TOKENS: "tokens",
    Metric.LLM_OUTPUT_TOKENS: "tokens",
}

"""The one error that leaves this package."""

from typing import Literal

SpeechErrorCode = Literal[
    "unknown_voice",
    "voice_unavailable",
    "empty_text",
    "unsupported_text",
    "text_too_long",
    "unsupported_language",
    "engine_failed",
]


class SpeechError(Exception):
    """A text that can't be spoken: `code` for programs, the message says what happened, `hint` what to do about it."""

    def __init__(self, code: SpeechErrorCode, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.code: SpeechErrorCode = code
        self.hint = hint

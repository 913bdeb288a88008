"""What a caller of the building blocks is told when the machine, not the request, is the reason."""

from __future__ import annotations

from accounts.errors import Conflict, Invalid, Problem
from avatars.voice import SpeechError


class Unavailable(Problem):
    """Nothing is wrong with the request: it can be sent again."""

    status = 503
    code = "unavailable"
    title = "This can't be done here now"


class Busy(Unavailable):
    """As many calls as this process computes at once are at work, and none ended in time."""

    code = "busy"
    title = "Too much is being computed at the moment"
    hint = "Try again in a few seconds."

    def __init__(self) -> None:
        super().__init__(retry_after=5)


def speech_problem(error: SpeechError) -> Problem:
    """A text that can't be spoken, as every other room says it: 409 where a voice must be installed first."""
    match error.code:
        case "engine_failed":
            return Unavailable(str(error), code=error.code, hint=error.hint, retry_after=5)
        case "voice_unavailable":
            return Conflict(str(error), code=error.code, hint=error.hint)
        case _:
            return Invalid(str(error), code=error.code, hint=error.hint)

"""Writes on sessions: their life, their turns, their meter."""

from sessions.services.lifecycle import session_connect, session_connecting, session_create, session_end
from sessions.services.metering import session_renew
from sessions.services.turns import turn_create, turn_finish, turn_interrupt, turn_progress, turn_settle, turn_speaking

__all__ = [
    "session_connect",
    "session_connecting",
    "session_create",
    "session_end",
    "session_renew",
    "turn_create",
    "turn_finish",
    "turn_interrupt",
    "turn_progress",
    "turn_settle",
    "turn_speaking",
]

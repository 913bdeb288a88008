"""Server → client messages that are more than a line."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from avatars.face import CHANNELS
from sessions.look import SessionLook
from sessions.services.turns import MAX_TEXT
from streaming.connection import Admission
from streaming.performer import FPS
from streaming.protocol import MAX_CONTROL_BYTES, MAX_MESSAGES_PER_SECOND, control


def session_ready(admission: Admission, resume: dict[str, int] | None, server_time_ms: int) -> str:
    """Everything that a client needs to draw the avatar and to keep the session's clock."""
    session, avatar = admission.session, admission.avatar
    info = {name: asdict(avatar)[name] for name in ("id", "name", "kind", "asset_url", "portrait_url")}
    name, intensity = admission.emotion
    look = SessionLook.from_json(session.look).shown()
    fields: dict[str, Any] = {
        "session": str(session.pk),
        "role": admission.ticket.role,
        "avatar": info | {"fps": FPS, "channels": len(CHANNELS)},
        "voice": session.voice,
        "seed": session.seed,
        "clock_ms": server_time_ms - session.epoch_ms,
        "emotion": {"name": name, "intensity": intensity},
        "limits": {
            "text_characters": MAX_TEXT,
            "message_bytes": MAX_CONTROL_BYTES,
            "messages_per_s": MAX_MESSAGES_PER_SECOND,
        },
        "server_time": server_time_ms,
        "resume": resume,
        "video": session.video or None,
        "look": {"gaze": look["gaze"], "framing": look["framing"], "background": admission.background},
    }
    return control("session.ready", **fields)

"""Session events, once committed, become movements of the bus and messages to workers."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from sessions import presence
from sessions.events import happened
from sessions.models import AvatarSession, Turn
from streaming import bus
from streaming.tasks import Job, now_ms, perform_turn


@receiver(happened)
def on_session_event(*, session: AvatarSession, kind: str, data: dict[str, Any], extra: dict[str, Any], **_: Any) -> None:
    """Dispatch by kind; events without a consequence outside of the database are left alone."""
    if kind == "turn.created":
        _perform(session, extra["turn"], extra["rate"], extra.get("received_ms"))
    elif kind == "turn.interrupted":
        bus.stop(session.pk, data["turn"])
    elif kind == "session.notice":
        bus.tell(session.pk, kind="notice", code=data["code"], detail=data["detail"])
    elif kind == "session.ended":
        bus.tell(session.pk, kind="ended", reason=data["reason"])
        bus.forget(session.pk)
        presence.forget(session.pk)


def _perform(session: AvatarSession, turn: Turn, rate: float, received_ms: int | None) -> None:
    mood = bus.emotion(session.pk)
    emotion = (turn.emotion, float(turn.intensity)) if turn.emotion else mood
    bus.begin(session.pk, turn.number, text=turn.text, request_id=turn.request_id)
    perform_turn.send(
        **_plain(
            Job(
                workspace_id=str(session.workspace_id),
                session_id=str(session.pk),
                turn=turn.number,
                request_id=turn.request_id,
                text=turn.text,
                avatar=session.avatar,
                voice=turn.voice,
                rate=rate,
                seed=session.seed,
                epoch_ms=session.epoch_ms,
                emotion=emotion,
                mood=mood,
                received_ms=received_ms or now_ms(),
            )
        )
    )


def _plain(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in Job.__dataclass_fields__}

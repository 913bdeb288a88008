"""Session events, once committed, become movements of the bus and messages to workers.

Redis may fail just then, when nothing can be rolled back any more. A turn that could not be queued ends as failed, and its
caller is told. Everything else has its safety net: gateways lose the bus, too, and their clients come back to Postgres.
"""

from __future__ import annotations

import logging
from typing import Any

import dramatiq
import redis.exceptions
from django.dispatch import receiver

from accounts.errors import BusUnavailable
from accounts.tenancy import workspace_scope
from sessions import presence
from sessions.events import happened
from sessions.look import SessionLook
from sessions.models import AvatarSession, Turn, TurnState
from sessions.services import turn_finish
from streaming import bus
from streaming.tasks import Job, now_ms, perform_turn

logger = logging.getLogger(__name__)
BUS_ERRORS = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, dramatiq.errors.ConnectionError)


@receiver(happened)
def on_session_event(*, session: AvatarSession, kind: str, data: dict[str, Any], extra: dict[str, Any], **_: Any) -> None:
    """Dispatch by kind; events without a consequence outside of the database are left alone. Raises BusUnavailable for a
    turn that could not be queued."""
    if kind == "turn.created":
        _perform_or_fail(session, extra["turn"], extra["rate"], extra.get("received_ms"))
        return
    try:
        _tell(session, kind, data)
    except BUS_ERRORS as error:
        logger.error("The bus was not told %s of session %s: %s", kind, session.pk, error)


def _tell(session: AvatarSession, kind: str, data: dict[str, Any]) -> None:
    if kind == "turn.interrupted":
        bus.stop(session.pk, data["turn"])
    elif kind == "session.created":
        _set_mood(session)
    elif kind == "session.notice":
        bus.tell(session.pk, kind="notice", code=data["code"], detail=data["detail"])
    elif kind == "session.ended":
        bus.tell(session.pk, kind="ended", reason=data["reason"])
        bus.forget(session.pk)
        presence.forget(session.pk)


def _set_mood(session: AvatarSession) -> None:
    """What the session starts from; without it, a face is neutral."""
    look = SessionLook.from_json(session.look)
    if look.intensity:
        bus.set_emotion(session.pk, look.emotion, look.intensity)


def _perform_or_fail(session: AvatarSession, turn: Turn, rate: float, received_ms: int | None) -> None:
    try:
        _perform(session, turn, rate, received_ms)
    except BUS_ERRORS as error:
        logger.error("Turn %d of session %s could not be queued: %s", turn.number, session.pk, error)
        with workspace_scope(session.workspace_id):
            turn_finish(session_id=session.pk, number=turn.number, outcome=TurnState.FAILED, error=BusUnavailable.code)
        raise BusUnavailable("The sentence was not queued, and nothing is charged for it.", turn=turn.number) from error


def _perform(session: AvatarSession, turn: Turn, rate: float, received_ms: int | None) -> None:
    mood = bus.emotion(session.pk)
    emotion = (turn.emotion, float(turn.intensity)) if turn.emotion else mood
    job = Job(
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
    if bus.begin(session.pk, turn.number, text=turn.text, request_id=turn.request_id):
        perform_turn.send(**{name: getattr(job, name) for name in Job.__dataclass_fields__})

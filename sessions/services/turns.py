"""Turns: what the avatar says, one at a time. A new turn supersedes the one that is being spoken."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.errors import Conflict, Invalid
from avatars.face import EMOTIONS
from avatars.selectors import voice
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.selectors import shortage_of
from quotas.services import release, reserve
from sessions import events
from sessions.look import SessionLook
from sessions.models import ACTIVE_TURNS, AvatarSession, SessionState, Turn, TurnState
from sessions.selectors import access_session
from sessions.services.metering import slice_length, usage_of

MAX_TEXT = 5_000
TURN_LEASE = timedelta(minutes=15)


@transaction.atomic
def turn_create(
    *,
    session_id: UUID,
    text: str,
    emotion: str = "",
    intensity: float = 0.0,
    request_id: str = "",
    voice_id: str | None = None,
    rate: float = 1.0,
    received_ms: int | None = None,
) -> Turn:
    """Queue `text` to be spoken; a turn that is still active becomes `interrupted`. `received_ms` starts the stage times.

    Raises Invalid for text or emotion out of range, Conflict when the session is not live, QuotaExceeded.
    """
    check_text(text)
    if emotion:
        check_emotion(emotion, intensity)
    session = access_session(session_id)
    chosen = voice(voice_id).id if voice_id else session.voice
    _take_number(session)
    _supersede(session)
    turn = Turn(
        session=session,
        number=session.last_turn,
        request_id=request_id,
        text=text,
        voice=chosen,
        emotion=emotion,
        intensity=Decimal(str(round(intensity, 2))),
    )
    turn.hold = reserve(
        metric=Metric.TTS_CHARACTERS,
        amount=len(text),
        purpose="turn",
        subject_id=turn.pk,
        key=f"turn:{turn.pk}",
        lease=TURN_LEASE,
    ).id
    turn.save()
    pace = rate * SessionLook.from_json(session.look).rate
    extra = {"turn": turn, "rate": pace, "received_ms": received_ms}
    events.append(session, "turn.created", turn=turn.number, characters=len(text), extra=extra)
    return turn


def check_text(text: str) -> None:
    """Raises Invalid (empty_text, text_too_long)."""
    if not text.strip():
        raise Invalid("There is no text to speak.", code="empty_text", hint="Send at least one word.")
    if len(text) > MAX_TEXT:
        detail = f"The text has {len(text)} characters, the limit is {MAX_TEXT}."
        raise Invalid(detail, code="text_too_long", hint="Send it in parts.", limit=MAX_TEXT)
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Invalid("The text holds characters that are not text.", code="unsupported_text", hint="Send plain Unicode.")


def check_emotion(name: str, intensity: float) -> None:
    """Raises Invalid (unknown_emotion, bad_intensity)."""
    if name not in EMOTIONS:
        raise Invalid(f"There is no emotion {name!r}.", code="unknown_emotion", hint=f"One of: {', '.join(EMOTIONS)}.")
    if not 0 <= intensity <= 1:
        raise Invalid("The intensity must lie between 0 and 1.", code="bad_intensity")


def _take_number(session: AvatarSession) -> None:
    """Count up under the row's lock, so that turns of one session are created one after the other."""
    live = AvatarSession.objects.filter(pk=session.pk, state=SessionState.LIVE)
    if not live.update(last_turn=F("last_turn") + 1, last_active_at=timezone.now()):
        session.refresh_from_db(fields=["state"])
        if session.state == SessionState.ENDING:
            left_over = shortage_of(session.workspace_id, Metric.AVATAR_MS, asked=slice_length(), at=timezone.now())
            raise QuotaExceeded(left_over)
        detail = f"The session is {session.state}, not live."
        raise Conflict(detail, code="session_not_live", hint="Connect to the session first.", state=session.state)
    session.refresh_from_db(fields=["last_turn"])


def _supersede(session: AvatarSession) -> None:
    """What was heard of the old turn is filled in by the gateway (turn_finish)."""
    active = Turn.objects.filter(session=session, state__in=ACTIVE_TURNS)
    active.update(state=TurnState.INTERRUPTED, finished_at=timezone.now())


@transaction.atomic
def turn_speaking(*, session_id: UUID, number: int, timings: dict[str, int]) -> bool:
    """The first sound went out. Returns whether the turn was still waiting."""
    queued = Turn.objects.filter(session_id=session_id, number=number, state=TurnState.QUEUED)
    return bool(queued.update(state=TurnState.SPEAKING, timings=timings))


@transaction.atomic
def turn_interrupt(*, session_id: UUID) -> int | None:
    """Stop what is being spoken; returns the number of the turn that was stopped, None when the avatar was silent."""
    session = access_session(session_id)
    turn = Turn.objects.filter(session=session, state__in=ACTIVE_TURNS).first()
    if turn is None or not _close(turn, TurnState.INTERRUPTED):
        return None
    events.append(session, "turn.interrupted", turn=turn.number)
    return turn.number


@transaction.atomic
def turn_finish(
    *,
    session_id: UUID,
    number: int,
    outcome: TurnState,
    spoken_ms: int = 0,
    heard_text: str = "",
    characters: int = 0,
    error: str = "",
    timings: dict[str, int] | None = None,
) -> Turn:
    """Close a turn with what was heard of it and settle its characters; once only.

    A turn that a newer one superseded keeps the outcome `interrupted` and only gets its facts.
    """
    session = access_session(session_id)
    turn = Turn.objects.get(session=session, number=number)
    _close(turn, outcome)
    turn.refresh_from_db()
    if spoken_ms < turn.spoken_ms:  # a connection before this one has noted more
        spoken_ms, heard_text, characters = turn.spoken_ms, turn.heard_text, turn.characters
    if turn.hold is not None:
        release(hold_id=turn.hold, used=min(characters, len(turn.text)), sequence=1, usage=usage_of(session))
        _fill_in(turn, spoken_ms, heard_text, characters, error, timings or {})
        events.append(session, "turn.finished", turn=number, outcome=turn.state, spoken_ms=spoken_ms, error=error)
    return turn


@transaction.atomic
def turn_progress(*, session_id: UUID, number: int, spoken_ms: int, heard_text: str, characters: int) -> None:
    """Note what was heard so far of a turn that is not settled."""
    open_turns = Turn.objects.filter(session_id=session_id, number=number, hold__isnull=False)
    open_turns.update(spoken_ms=spoken_ms, heard_text=heard_text, characters=characters)


def turn_settle(*, session_id: UUID, number: int) -> Turn:
    """Close a turn that nobody watches any more, by what was last noted of it."""
    turn = Turn.objects.get(session_id=session_id, number=number)
    is_lost = turn.state == TurnState.QUEUED
    return turn_finish(
        session_id=session_id,
        number=number,
        outcome=TurnState.FAILED if is_lost else TurnState.INTERRUPTED,
        spoken_ms=turn.spoken_ms,
        heard_text=turn.heard_text,
        characters=turn.characters,
        error="no_worker" if is_lost else turn.error,
    )


def _close(turn: Turn, outcome: TurnState) -> bool:
    active = Turn.objects.filter(pk=turn.pk, state__in=ACTIVE_TURNS)
    return bool(active.update(state=outcome, finished_at=timezone.now()))


def _fill_in(turn: Turn, spoken_ms: int, heard: str, characters: int, error: str, timings: dict[str, int]) -> None:
    turn.spoken_ms, turn.heard_text, turn.characters = spoken_ms, heard, characters
    turn.error, turn.timings, turn.hold = error, turn.timings | timings, None
    turn.save(update_fields=["spoken_ms", "heard_text", "characters", "error", "timings", "hold"])

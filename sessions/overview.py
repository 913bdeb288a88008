"""Sessions as the pages show them: rows with their sums, and one session laid out on a time line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum
from django.utils import timezone

from avatars.selectors import faces, voices_available
from avatars.stock import AvatarInfo
from sessions.models import CLOSED_STATES, AvatarSession, SessionEvent, SessionState, Turn

PAGE = 25
REASONS = {
    "api": "Ended on request",
    "avatar_deleted": "Its avatar was deleted",
    "client_closed": "The viewer left",
    "disconnected": "The viewer did not come back",
    "idle": "Ended after silence",
    "key_revoked": "Its API key was revoked",
    "max_duration": "Reached its longest time",
    "never_connected": "Nobody connected",
    "quota_exhausted": "The plan’s allowance was used up",
}
EVENTS = {
    "session.created": "Created",
    "session.live": "Went live",
    "session.connected": "Connected",
    "session.connecting": "Connecting",
    "session.notice": "Notice",
    "session.ended": "Ended",
    "turn.created": "Asked to speak",
    "turn.interrupted": "Interrupted",
    "turn.finished": "Finished speaking",
}


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """A session with who it was and what it used. Times in ms."""

    session: AvatarSession
    turns: int
    characters: int
    face: AvatarInfo | None  # None: deleted since

    @property
    def avatar_name(self) -> str:
        return self.face.name if self.face else self.session.avatar

    @property
    def portrait_url(self) -> str:
        return self.face.portrait_url if self.face else ""

    @cached_property
    def voice_name(self) -> str:
        return voice_name(self.session.voice)

    @property
    def duration_ms(self) -> int:
        """From going live to the end, or to now."""
        if self.session.live_at is None:
            return 0
        return _ms((self.session.ended_at or timezone.now()) - self.session.live_at)

    @property
    def reason(self) -> str:
        """Why it ended, as a sentence."""
        return reason_text(self.session.end_reason)

    @property
    def tone(self) -> str:
        """The colour of its state: a suffix of .badge."""
        tones: dict[str, str] = {SessionState.LIVE: "coral", SessionState.ENDING: "amber", SessionState.FAILED: "amber"}
        return tones.get(self.session.state, "")


def reason_text(reason: str) -> str:
    """A code of an end as a sentence."""
    return REASONS.get(reason, reason.replace("_", " ").capitalize())


def rows(sessions: Iterable[AvatarSession]) -> list[SessionRow]:
    """Sessions with the sums of their turns and their avatars, in as many queries for many as for one."""
    listed = list(sessions)
    sums = Turn.objects.filter(session__in=[one.pk for one in listed]).values("session_id").order_by()
    by_id = {one["session_id"]: one for one in sums.annotate(turns=Count("id"), spoken=Sum("characters"))}
    empty = {"turns": 0, "spoken": 0}
    found, seen = [(one, by_id.get(one.pk, empty)) for one in listed], faces(one.avatar for one in listed)
    return [
        SessionRow(session=one, turns=used["turns"], characters=used["spoken"] or 0, face=seen.get(one.avatar))
        for one, used in found
    ]


def closed_sessions(before: AvatarSession | None) -> list[AvatarSession]:
    """One page of sessions that are over, newest first, and one more to know that there are others."""
    found = AvatarSession.objects.filter(state__in=CLOSED_STATES).order_by("-created_at", "-id")
    if before is not None:
        found = found.filter(created_at__lt=before.created_at)
    return list(found[: PAGE + 1])


def cursor_of(text: str) -> AvatarSession | None:
    """The session after which a page starts; None for what names no session of this workspace."""
    try:
        return AvatarSession.objects.filter(pk=UUID(text)).first()
    except ValueError:
        return None


def version_of(*facts: object) -> str:
    """Changes when what is shown would change: a poll that brings nothing new is answered without content."""
    return sha256(repr(facts).encode()).hexdigest()[:16]


def voice_name(voice_id: str) -> str:
    """The voice's name; its id when it is not known any more."""
    return next((one.name for one in voices_available() if one.id == voice_id), voice_id)


def _ms(span: timedelta) -> int:
    return max(0, round(span / timedelta(milliseconds=1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """A turn: what was asked for, split into what was heard and what was not."""

    turn: Turn
    at_ms: int
    heard: str
    unheard: str

    @property
    def first_sound_ms(self) -> int | None:
        timings: dict[str, Any] = self.turn.timings
        return timings.get("first_sent_ms", timings.get("voice_first_chunk_ms"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A turn on the time line. `x` and `width` in percent of the session."""

    number: int
    state: str
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An event: when, in words, and where on the time line (percent)."""

    at_ms: int
    x: float
    kind: str
    label: str
    detail: str


def turn_rows(session: AvatarSession, turns: Iterable[Turn]) -> list[TurnRow]:
    return [_turn_row(session, turn) for turn in turns]


def _turn_row(session: AvatarSession, turn: Turn) -> TurnRow:
    heard, text = turn.heard_text.strip(), turn.text
    at_ms = _ms(turn.created_at - session.created_at)
    if turn.state == "completed" or not text.lstrip().startswith(heard):
        return TurnRow(turn=turn, at_ms=at_ms, heard=text, unheard="")
    lead = len(text) - len(text.lstrip()) + len(heard)
    return TurnRow(turn=turn, at_ms=at_ms, heard=text[:lead], unheard=text[lead:])


def bars(session: AvatarSession, turns: Iterable[Turn]) -> list[Bar]:
    """Each turn from the request to its end."""
    now = timezone.now()
    return [_bar(session, turn, now) for turn in turns]


def _bar(session: AvatarSession, turn: Turn, now: datetime) -> Bar:
    x = _share(session, turn.created_at, now)
    end = _share(session, turn.finished_at or now, now)
    return Bar(number=turn.number, state=turn.state, x=x, width=max(0.6, round(end - x, 2)))


def event_rows(session: AvatarSession, events: Iterable[SessionEvent]) -> list[EventRow]:
    now = timezone.now()
    return [_event_row(session, event, now) for event in events]


def _event_row(session: AvatarSession, event: SessionEvent, now: datetime) -> EventRow:
    return EventRow(
        at_ms=_ms(event.created_at - session.created_at),
        x=_share(session, event.created_at, now),
        kind=event.kind,
        label=EVENTS.get(event.kind, event.kind.replace(".", " ").replace("_", " ").capitalize()),
        detail=_detail(event.data),
    )


def _detail(data: dict[str, Any]) -> str:
    if "detail" in data:
        return str(data["detail"])
    if "reason" in data:
        return reason_text(str(data["reason"]))
    shown = {"turn": "turn {}", "outcome": "{}", "role": "as {}", "characters": "{} characters", "name": "{}"}
    return ", ".join(text.format(str(data[key]).replace("_", " ")) for key, text in shown.items() if data.get(key) is not None)


def _share(session: AvatarSession, at: datetime, now: datetime) -> float:
    whole = _ms((session.ended_at or now) - session.created_at) or 1
    return round(min(100.0, 100 * _ms(at - session.created_at) / whole), 2)

"""The session clock: one process that renews slices, notices who has left, and ends what is over.

`verdict` decides from values; `tick` carries it out, each session in a transaction of its own.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import redis.exceptions
from django.conf import settings
from django.db import close_old_connections
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts import tokens
from accounts.rest.idempotency import forget_expired
from accounts.tenancy import unscoped, workspace_scope
from avatars.selectors import missing
from quotas.services import expire_lapsed
from sessions import presence
from sessions.chores import Chores
from sessions.models import ACTIVE_TURNS, OPEN_STATES, AvatarSession, SessionState, Turn, TurnState
from sessions.redis import client
from sessions.services import session_end, session_renew, turn_settle

logger = logging.getLogger(__name__)
TICK_SECONDS = 1.0
SWEEP_SECONDS = 15.0
UNATTENDED = timedelta(seconds=15)  # a gateway settles its turn well within this
LOST = timedelta(seconds=60)  # a message to a worker is void after 10 s, its first clause spoken soon after
FORGOTTEN = timedelta(hours=1)  # sessions without a driver end long before
LEADER_KEY = "clock:leader"
LEADER_MS = 10_000
_KEEP = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
_DROP = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Due(Enum):
    """What a session needs now."""

    NOTHING = "nothing"
    RENEWAL = "renewal"
    EXPIRED = "never_connected"
    DISCONNECTED = "disconnected"
    IDLE = "idle"
    TOO_LONG = "max_duration"
    QUOTA = "quota_exhausted"
    KEY_REVOKED = "key_revoked"
    AVATAR_DELETED = "avatar_deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """What the clock must know of a session to decide."""

    id: UUID
    workspace_id: UUID
    state: str
    created_at: datetime
    live_at: datetime | None
    last_active_at: datetime | None
    renew_at: datetime | None
    idle_seconds: int
    max_seconds: int
    key_ended: bool
    avatar_deleted: bool
    is_speaking: bool


def verdict(session: OpenSession, now: datetime, seen: datetime | None) -> Due:
    """The first thing that is due; `seen` is when a driver was last present."""
    if session.key_ended:
        return Due.KEY_REVOKED
    if session.avatar_deleted:
        return Due.AVATAR_DELETED
    if session.live_at is None or session.last_active_at is None or session.renew_at is None:
        waited = now - session.created_at
        return Due.EXPIRED if waited > timedelta(seconds=settings.SESSION_CONNECT_SECONDS) else Due.NOTHING
    if now - (seen or session.live_at) > timedelta(seconds=settings.SESSION_RESUME_SECONDS):
        return Due.DISCONNECTED
    if session.state == SessionState.ENDING:
        return Due.QUOTA if now >= session.renew_at or not session.is_speaking else Due.NOTHING
    if now - session.live_at > timedelta(seconds=session.max_seconds):
        return Due.TOO_LONG
    if not session.is_speaking and now - session.last_active_at > timedelta(seconds=session.idle_seconds):
        return Due.IDLE
    return Due.RENEWAL if now >= session.renew_at else Due.NOTHING


def tick(now: datetime | None = None) -> int:
    """Look at every open session once; returns how many needed something. One failure doesn't stop the others."""
    now = now or timezone.now()
    sessions = open_sessions(now)
    seen = presence.last_seen([session.id for session in sessions])
    seen |= _assumed([session for session in sessions if session.live_at and session.id not in seen], now)
    acted = 0
    for session in sessions:
        due = verdict(session, now, seen.get(session.id))
        if due is not Due.NOTHING:
            acted += 1
            _carry_out(session, due, seen.get(session.id) or session.live_at or now)
    return acted


def _assumed(sessions: list[OpenSession], now: datetime) -> dict[UUID, datetime]:
    """Redis has lost when these were seen: now counts, so that their gateways have the time to beat again."""
    presence.beat(str(session.id) for session in sessions)
    return {session.id: now for session in sessions}


def open_sessions(now: datetime) -> list[OpenSession]:
    """Every open session of every workspace."""
    with unscoped("the clock looks after the sessions of all workspaces"):
        speaking = Turn.objects.filter(session_id=OuterRef("pk"), state__in=ACTIVE_TURNS)
        rows = AvatarSession.objects.filter(state__in=OPEN_STATES).annotate(
            is_speaking=Exists(speaking), revoked_at=F("api_key__revoked_at"), expires_at=F("api_key__expires_at")
        )
        return _known(list(rows), now)


def _known(rows: list[Any], now: datetime) -> list[OpenSession]:
    gone = missing(row.avatar for row in rows)
    return [_open_session(row, now, avatar_deleted=row.avatar in gone) for row in rows]


def _open_session(row: Any, now: datetime, *, avatar_deleted: bool) -> OpenSession:
    names = ("id", "workspace_id", "state", "created_at", "live_at", "last_active_at", "renew_at")
    facts = {name: getattr(row, name) for name in (*names, "idle_seconds", "max_seconds", "is_speaking")}
    key_ended = row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now)
    return OpenSession(key_ended=key_ended, avatar_deleted=avatar_deleted, **facts)


def _carry_out(session: OpenSession, due: Due, seen: datetime) -> None:
    state = SessionState.EXPIRED if due is Due.EXPIRED else SessionState.ENDED
    try:
        with workspace_scope(session.workspace_id):
            if due is Due.RENEWAL:
                session_renew(session_id=session.id, present_until=seen)
            else:
                session_end(session_id=session.id, reason=due.value, state=state, present_until=_end_of(session, seen))
    except Exception:
        logger.exception("The clock could not carry out %s for session %s.", due.value, session.id)


def _end_of(session: OpenSession, seen: datetime) -> datetime:
    """Until when the driver was there; what the plan had left may have ended before."""
    now = timezone.now()
    until = presence.there_until([session.id], now).get(session.id, seen)
    return min(until, session.renew_at) if session.state == SessionState.ENDING and session.renew_at else until


def settle_left_over(now: datetime) -> int:
    """Settle the turns that no gateway watches: those that ended unseen, and those that never reached a worker. Returns how
    many there are. One failure doesn't stop the others."""
    with unscoped("turns of every workspace may be left over"):
        ended, lost = Q(finished_at__lt=now - UNATTENDED), Q(state=TurnState.QUEUED, created_at__lt=now - LOST)
        rows = Turn.objects.filter(ended | lost, hold__isnull=False)
        left_over = list(rows.values_list("workspace_id", "session_id", "number"))
    for workspace_id, session_id, number in left_over:
        try:
            with workspace_scope(workspace_id):
                turn_settle(session_id=session_id, number=number)
        except Exception:
            logger.exception("The clock could not settle turn %d of session %s.", number, session_id)
    return len(left_over)


class Clock:
    """Runs `tick` once a second while this process is the leader; others stand by."""

    def __init__(self) -> None:
        self.name = tokens.random_text(16)
        self.stopping = threading.Event()
        self.is_leader = False
        self.chores = Chores(lambda: self.is_leader)

    def run(self) -> None:
        """Until `stopping` is set."""
        self.chores.start()
        waited = 0.0
        while True:
            try:
                self.is_leader = self._leads()
                if self.is_leader:
                    tick()
                    waited = self._sweep(waited + TICK_SECONDS)
            except Exception:
                logger.exception("The clock stumbled; it goes on.")
            finally:
                close_old_connections()
            if self.stopping.wait(TICK_SECONDS):
                return self._step_down()

    def _sweep(self, waited: float) -> float:
        if waited < SWEEP_SECONDS:
            return waited
        now = timezone.now()
        settle_left_over(now)
        expire_lapsed(now=now)
        forget_expired()
        presence.forget_before(now - FORGOTTEN)
        return 0.0

    def _leads(self) -> bool:
        if client().set(LEADER_KEY, self.name, px=LEADER_MS, nx=True):
            logger.info("This clock leads.")
            return True
        return bool(client().eval(_KEEP, 1, LEADER_KEY, self.name, LEADER_MS))

    def _step_down(self) -> None:
        self.chores.stop()
        try:
            client().eval(_DROP, 1, LEADER_KEY, self.name)
        except redis.exceptions.RedisError:
            logger.warning("Could not step down; the lock ends by itself.")

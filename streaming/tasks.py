"""The worker's side of a turn: speak, draw, publish, and stop at once when the turn is superseded."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import dramatiq
from django.conf import settings
from django.db import connection
from dramatiq.middleware import Shutdown, TimeLimitExceeded

from accounts.tenancy import workspace_scope
from avatars.face import DEFAULT_RIG, Animator, Rig
from avatars.lanes import DeadlineLane, Lane, OwnThread
from avatars.selectors import lip_gap
from avatars.voice import SAMPLE_RATE, SpeechChunk, SpeechError, is_slow, speak
from sessions.services import turn_speaking
from streaming import bus
from streaming.heartbeat import Heartbeat
from streaming.performer import Performance
from streaming.protocol import control

logger = logging.getLogger(__name__)
heartbeat = Heartbeat()
_LANE: Lane = DeadlineLane("compute")
_SLOW_LANE: Lane = OwnThread()
LEAD_SECONDS = 4.5  # the next pair is made when this much is left to hear
FIRST_SECONDS = 0.1  # how soon the first pair is due: before what is due later, after what is due now
CHECK_SECONDS = 2.0
NOTED_SEQ = 2  # written down once 2 s are out: a slow disk must not hold back the second packet
CLOCK_LEAD_MS = 150  # a client starts a turn's audio about this long after the worker begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Everything that a turn needs, so that the first sound waits for no query."""

    workspace_id: str
    session_id: str
    turn: int
    request_id: str
    text: str
    avatar: str
    voice: str
    rate: float
    seed: int
    epoch_ms: int
    emotion: tuple[str, float]
    mood: tuple[str, float]  # the session's emotion before and after the turn
    received_ms: int


@dramatiq.actor(queue_name="live", max_retries=0, max_age=10_000, time_limit=900_000, notify_shutdown=True)
def perform_turn(**fields: Any) -> None:
    """Perform one turn. A turn that can't be spoken is reported as failed with the reason; never retried."""
    job = Job(**fields)
    try:
        with heartbeat.of(job.session_id, job.turn) as progress:
            _perform(job, progress)
    except bus.Superseded:
        logger.info("Turn %d of session %s was superseded.", job.turn, job.session_id)
    except SpeechError as error:
        _fail(job, error.code, str(error), error.hint)
    except Shutdown:
        _fail(job, "worker_stopped", "The server is being restarted.", "Say it again.")
    except TimeLimitExceeded:
        _fail(job, "turn_too_long", "The sentence took too long to speak.", "Send it in parts.")
    except Exception:
        _fail(job, "turn_failed", "The sentence could not be spoken.", "Try again; the log has the cause.")
        raise


def _fail(job: Job, code: str, detail: str, hint: str) -> None:
    bus.tell(job.session_id, job.turn, kind="failed", code=code, detail=detail, hint=hint)


def _perform(job: Job, progress: Callable[[], None]) -> None:
    bus.check(job.session_id, job.turn)
    clock_ms = now_ms() - job.epoch_ms + CLOCK_LEAD_MS
    performance = Performance(job.turn, job.text, _animator(job, clock_ms), clock_ms)
    with closing(_speech(job)) as chunks:
        pace, timings = Pace(job.session_id, job.turn, progress), {}
        for packet in _in_time(job, pace, performance.packets(chunks, _opening(job, clock_ms))):
            if packet.seq == 0:
                packet = _first(job, packet)
                timings = packet.about["timings"]
            has_driver = bus.publish(job.session_id, packet)
            is_time = packet.seq == NOTED_SEQ or (packet.about["last"] and packet.seq < NOTED_SEQ)
            if is_time and not _note_speaking(job, timings):
                bus.stop(job.session_id, job.turn)  # it was stopped, and the bus has never heard of it
                raise bus.Superseded
            if not packet.about["last"]:
                pace.wait(packet.about["end_ms"], has_driver)


def _in_time(job: Job, pace: Pace, packets: Iterator[bus.Packet]) -> Iterator[bus.Packet]:
    """Each packet, computed in its turn among all that this process has to do."""
    lane = _SLOW_LANE if is_slow(job.voice) else _LANE
    due = time.monotonic() + FIRST_SECONDS
    while (packet := lane.run(due, lambda: next(packets, None))) is not None:
        pace.progress()
        yield packet
        due = pace.due(packet.about["end_ms"])


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


def _speech(job: Job) -> Generator[SpeechChunk]:
    yield from speak(job.text, voice=job.voice, rate=job.rate)


def _animator(job: Job, clock_ms: int) -> Animator:
    gap = lip_gap(job.avatar)
    animator = Animator(job.seed, Rig(gap=gap) if gap else DEFAULT_RIG)
    animator.set_emotion(*job.mood, at_ms=0)
    if job.emotion != job.mood:
        animator.set_emotion(*job.emotion, at_ms=clock_ms)
    return animator


def _opening(job: Job, clock_ms: int) -> str:
    return control(
        "turn.started",
        turn=job.turn,
        request_id=job.request_id,
        kind="say",
        clock_ms=clock_ms,
        sample_rate=SAMPLE_RATE,
        emotion={"name": job.emotion[0], "intensity": job.emotion[1]},
    )


def _first(job: Job, packet: bus.Packet) -> bus.Packet:
    """The first packet carries the stage times, counted from the receipt of the request."""
    elapsed = now_ms() - job.received_ms
    timings = {"voice_first_chunk_ms": elapsed, "first_face_ms": elapsed}
    return bus.Packet(turn=packet.turn, seq=0, frames=packet.frames, about=packet.about | {"timings": timings})


def _note_speaking(job: Job, timings: dict[str, int]) -> bool:
    try:
        timings = timings | {"first_sent_ms": now_ms() - job.received_ms}
        with workspace_scope(UUID(job.workspace_id)):
            return turn_speaking(session_id=UUID(job.session_id), number=job.turn, timings=timings)
    finally:
        if not connection.in_atomic_block:
            connection.close()  # back to the pool: the turn goes on for seconds, and there are more turns than connections


class Pace:
    """Lets a turn make its next pair LEAD_SECONDS before that is due, and holds it while nobody drives the session."""

    def __init__(self, session_id: str, turn: int, progress: Callable[[], None]) -> None:
        self.session_id, self.turn, self.progress = session_id, turn, progress
        self.started = time.monotonic()
        self.paused = 0.0

    def wait(self, end_ms: int, has_driver: bool) -> None:
        """Wait until more than `end_ms` may be made. Raises Superseded when the turn was stopped meanwhile."""
        while not has_driver or self._ahead(end_ms) > LEAD_SECONDS:
            pause = CHECK_SECONDS if not has_driver else min(CHECK_SECONDS, self._ahead(end_ms) - LEAD_SECONDS + 0.01)
            time.sleep(pause)
            self.progress()
            self.paused += 0.0 if has_driver else pause
            if self.paused > settings.SESSION_RESUME_SECONDS:
                raise bus.Superseded
            has_driver = bus.check(self.session_id, self.turn)

    def due(self, end_ms: int) -> float:
        """When, in monotonic seconds, what comes after `end_ms` will be missing."""
        return self.started + self.paused + end_ms / 1000

    def _ahead(self, end_ms: int) -> float:
        return self.due(end_ms) - time.monotonic()

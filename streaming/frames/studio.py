"""Draws one session: listens to its bus, renders what is due on the process's lane, publishes it ahead of the sound."""

from __future__ import annotations

import logging
import time
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.tenancy import workspace_scope
from sessions import events
from sessions.models import AvatarSession
from sessions.redis import client
from sessions.video import VideoWish
from streaming import bus
from streaming.compute import DeadlineLane, Lane
from streaming.frames import bus as frames_bus
from streaming.frames.faces import assets_of, steps_of
from streaming.frames.leases import Lease
from streaming.frames.painter import Painter, StillRenderer
from streaming.frames.quality import IDLE_FPS, LEVELS
from streaming.frames.script import Script
from streaming.frames.sender import Sender
from streaming.frames.tasks import Assignment
from streaming.frames.timing import Batch

logger = logging.getLogger(__name__)
_LANE: Lane = DeadlineLane("drawing")
MOST = 8  # frames at a time
LOOK_S = 2.0  # between looks whether anybody is there
TOO_SLOW_S = 6.0  # at the lowest quality: then a simpler renderer
SIDES = (256, 512, 1024)  # few, so that sessions share renderers; pictures are made smaller where that was asked for
COST_S = 0.02  # of a frame, before the first is made


class Studio:
    """One session's pictures in this process, from the first to the last."""

    def __init__(self, assignment: Assignment, lease: Lease) -> None:
        self.session_id, self.workspace_id, self.lease = assignment.session_id, assignment.workspace_id, lease
        self.assets = assets_of(assignment.workspace_id, assignment.avatar)
        self.script = Script.of(assignment.seed, assignment.epoch_ms, self.assets.gap, bus.emotion(assignment.session_id))
        self.cost = COST_S
        self.is_over = False
        self._looked_at = self._driver_at = self._good_at = time.monotonic()
        self._side = 0
        self._painter: Painter | None = None

    def run(self) -> None:
        """Until the session ends, nobody watches, or another worker has it."""
        wish = frames_bus.wish(self.session_id)
        if wish is None:
            return
        self.sender = Sender(wish, self._publish, self._announce)
        with client().pubsub(ignore_subscribe_messages=True) as ear:  # type: ignore[no-untyped-call]
            ear.subscribe(bus.channel(self.session_id))
            self._first()
            self._catch_up()
            while not (self.is_over or self.lease.is_lost):
                self.lease.progress()
                self._listen(ear)
                self._draw(time.monotonic())
                self._look(time.monotonic())

    def _first(self) -> None:
        """The portrait, as a renderer takes seconds to load."""
        portrait = StillRenderer.of(self.assets.file("portrait"), self.sender.wish.width)
        batch = self.script.next(time.monotonic(), fps=IDLE_FPS, idle_fps=IDLE_FPS, cost=COST_S, most=1)
        if batch is not None:
            self.sender.send(batch, portrait.render(batch.table), "still")

    def _catch_up(self) -> None:
        """What was said of the present turn before this worker listened."""
        turn, is_speaking = bus.fence(self.session_id)
        self.script.floor = turn - 1 if is_speaking else turn
        for packet in bus.log_of(self.session_id, turn, -1) if is_speaking else ():
            self.script.packet(packet, time.monotonic())

    def _listen(self, ear: Any) -> None:
        """Everything that has come; waits where there is nothing to draw."""
        wait = self.script.wait(time.monotonic())
        while (message := ear.get_message(timeout=wait)) is not None:
            self._obey(bus.decode(message["data"]), time.monotonic())
            wait = 0.0

    def _obey(self, message: bus.Packet | bus.Control, now: float) -> None:
        if isinstance(message, bus.Packet):
            self.script.packet(message, now)
            return
        fields = message.fields
        self.script.control(message.turn, fields, now)
        match fields["kind"]:
            case "video":
                self._wish(fields["wish"])
            case "video.key":
                self.sender.want_key()
            case "video.report":
                self.sender.tally.late += fields["late"]
                self.sender.tally.dropped += fields["dropped"]
            case "ended":
                self.is_over = True

    def _wish(self, fields: dict[str, Any] | None) -> None:
        if fields is None:
            self.is_over = True
        else:
            self.sender.ask(VideoWish.from_json(fields))

    def _draw(self, now: float) -> None:
        fps = self.sender.fps
        skipped = self.script.reel.skipped if self.script.reel else 0
        batch = self.script.next(now, fps=fps, idle_fps=min(IDLE_FPS, fps), cost=self.cost, most=MOST)
        if self.script.reel is not None:
            self.sender.tally.skipped += self.script.reel.skipped - skipped
        if batch is not None:
            self._make(batch, now)
        self._review(now)

    def _make(self, batch: Batch, now: float) -> None:
        painter = self._painter_for(self.sender.wish.width)
        try:
            pictures = _LANE.run(batch.due, lambda: painter.render(batch.table))
            self.sender.send(batch, pictures, painter.name)
        except bus.Superseded:
            self.script.superseded(time.monotonic())
        spent = (time.monotonic() - now) / len(batch.pts_ms)
        self.cost += 0.2 * (min(spent, 2.0) - self.cost)

    def _painter_for(self, width: int) -> Painter:
        side = next((side for side in SIDES if side >= width), SIDES[-1])
        if self._painter is None or self._side != side:
            self._side, self._painter = side, Painter(steps_of(self.assets, side), self._degraded)
        return self._painter

    def _review(self, now: float) -> None:
        report = self.sender.review(now)
        if report is None:
            return
        if not report.is_trouble or self.sender.quality.level < len(LEVELS) - 1:
            self._good_at = now
        elif now - self._good_at > TOO_SLOW_S and self.cost * self.sender.fps > 1 and self._painter is not None:
            self._painter.simplify("It is too slow here.")
            self._good_at, self.cost = now, COST_S

    def _look(self, now: float) -> None:
        if now - self._looked_at < LOOK_S:
            return
        self._looked_at = now
        if frames_bus.has_driver(self.session_id):
            self._driver_at = now
        gone = now - self._driver_at > settings.SESSION_RESUME_SECONDS
        self.is_over = self.is_over or gone

    def _publish(self, turn: int, message: bytes) -> None:
        frames_bus.publish(self.session_id, turn, message)

    def _announce(self, facts: dict[str, Any]) -> None:
        bus.tell(self.session_id, kind="video.changed", facts=facts)

    def _degraded(self, failed: str, reason: str) -> None:
        """The session's events say so, and they tell its clients."""
        stand_in = self._painter.name if self._painter is not None else ""
        detail = f"The renderer {failed!r} gave up, {stand_in!r} draws instead. {reason}"[:400]
        logger.warning("Session %s: %s", self.session_id, detail)
        with workspace_scope(UUID(self.workspace_id)):
            session = AvatarSession.objects.get(pk=self.session_id)
            events.append(session, "session.notice", code="video_degraded", detail=detail)

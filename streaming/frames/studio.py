"""Draws one session: listens to its bus, renders what is due in its turn, publishes it ahead of the sound, within the plan."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

import numpy as np
from django.conf import settings

from avatars.render.base import Pictures
from avatars.render.ladder import STILL, Degraded, Ladder
from avatars.render.look import glancing
from avatars.render.steps import Rules
from sessions.look import SessionLook
from sessions.redis import client
from sessions.video import VideoWish
from streaming import bus
from streaming.frames import bus as frames_bus
from streaming.frames import warm
from streaming.frames.faces import face_of
from streaming.frames.leases import Lease
from streaming.frames.meter import Meter
from streaming.frames.quality import IDLE_FPS, LEVELS, recipe
from streaming.frames.records import brief_connection, note
from streaming.frames.script import Script
from streaming.frames.sender import Sender
from streaming.frames.tasks import Assignment
from streaming.frames.timing import Batch, Pace

MOST = 8  # frames at a time
LOOK_S = 2.0  # between looks whether anybody is there
SIDES = (256, 384, 512, 1024)  # few, so that sessions share renderers; pictures are made smaller where that was asked for
STILL_FPS = 1.0  # of the portrait, where the plan has no more pictures


class Studio:
    """One session's pictures in this process, from the first to the last."""

    def __init__(self, assignment: Assignment, lease: Lease) -> None:
        self.assignment, self.session_id, self.lease = assignment, assignment.session_id, lease
        look = SessionLook.from_json(assignment.look)
        self.gaze = look.gaze_x, look.gaze_y
        with brief_connection():
            self.face = face_of(assignment.workspace_id, assignment.avatar, look)
        self.script = Script.of(assignment.seed, assignment.epoch_ms, self.face.gap, bus.emotion(assignment.session_id))
        self.meter = Meter(assignment, lease.drawer)
        self.pace = Pace()
        self.is_over = self.is_spent = False
        self._looked_at = self._driver_at = time.monotonic()
        self._due = 0.0
        self._ladders: dict[int, Ladder] = {}  # by their pictures' side
        self._steps: list[Degraded] = []  # of the ladder, told by this thread and not by the one that draws

    def run(self) -> None:
        """Until the session ends, nobody watches, or another worker has it."""
        with closing(self.face), client().pubsub(ignore_subscribe_messages=True) as ear:  # type: ignore[no-untyped-call]
            ear.subscribe(bus.channel(self.session_id))
            wish = frames_bus.wish(self.session_id)  # after that, changes are heard
            if wish is None:
                return
            self.sender = Sender(wish, self._publish, self._announce)
            try:
                self._follow(ear)
            finally:
                self.meter.close()
                self._step_off()

    def _follow(self, ear: Any) -> None:
        self._first()
        self._catch_up()
        while not (self.is_over or self.lease.is_lost):
            self.lease.progress()
            self._listen(ear)
            self._draw(time.monotonic())
            self._look(time.monotonic())

    def _first(self) -> None:
        """The portrait, as a renderer takes seconds to load."""
        portrait = self.face.still(self.sender.wish.width)
        batch = self.script.next(time.monotonic(), fps=IDLE_FPS, idle_fps=IDLE_FPS, cost=self.pace.cost, most=1)
        if batch is not None:
            self.sender.send(batch, portrait[None], STILL)

    def _catch_up(self) -> None:
        """What was said of the present turn before this worker listened."""
        turn, is_speaking = bus.fence(self.session_id)
        self.script.floor = turn - 1 if is_speaking else turn
        for packet in bus.log_of(self.session_id, turn, -1) if is_speaking else ():
            self.script.packet(packet, time.monotonic(), was_sent=True)

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
                frames_bus.forget(self.session_id)
                self.is_over = True

    def _wish(self, fields: dict[str, Any] | None) -> None:
        if fields is None:
            self.is_over = True
        else:
            self._step_off()
            self.sender.ask(VideoWish.from_json(fields))

    def _draw(self, now: float) -> None:
        fps, pace = STILL_FPS if self.is_spent else self.sender.fps, self.pace
        skipped = self.script.reel.skipped if self.script.reel else 0
        batch = self.script.next(now, fps=fps, idle_fps=min(IDLE_FPS, fps), cost=pace.cost, most=MOST, wait=pace.wait)
        if self.script.reel is not None:
            self.sender.tally.skipped += self.script.reel.skipped - skipped
        if batch is not None:
            self._make(batch, now)
        self.sender.review(now)

    def _make(self, batch: Batch, now: float) -> None:
        try:
            if self._may_draw(batch, now):
                self._send_drawn(batch)
            else:
                self.sender.send(batch, self._portraits(len(batch.pts_ms)), STILL)
        except bus.Superseded:
            self.script.superseded(time.monotonic())
        self.meter.delivered(self.sender.take_delivered())

    def _send_drawn(self, batch: Batch) -> None:
        ladder, table = self._ladder(), glancing(batch.table, self.gaze)
        asked = begun = drawn = time.monotonic()

        def draw() -> Pictures:
            nonlocal begun, drawn
            begun = time.monotonic()
            pictures = ladder.render(table)
            drawn = time.monotonic()
            return pictures

        self._due = batch.due
        pictures = warm.drawn(batch.due, draw)
        self._tell_steps()
        sending = time.monotonic()
        self.sender.send(batch, pictures, ladder.rung)
        own = drawn - begun + time.monotonic() - sending
        self.pace.note(cost=own / len(batch.pts_ms), wait=begun - asked)

    def _may_draw(self, batch: Batch, now: float) -> bool:
        """Whether the plan has the pictures; that it has no more, or has again, is told once."""
        is_spent = not self.meter.allows(batch.step_ms * len(batch.pts_ms), now)
        if is_spent and not self.is_spent:
            detail = f"Pictures stop, sound and words go on. {self.meter.refusal}"
            note(self.assignment, code="video_quota", detail=detail, metric="render_ms")
        if self.is_spent and not is_spent:
            note(self.assignment, code="video_restored", detail="The plan has room for pictures again.")
        self.is_spent = is_spent
        return not is_spent

    def _portraits(self, count: int) -> Pictures:
        """The still face, for nothing."""
        still = self.face.still(self.sender.wish.width)
        return np.broadcast_to(still, (count, *still.shape))

    def _ladder(self) -> Ladder:
        """For the size of the moment: what is shown small is drawn small."""
        wish, wanted = self.sender.wish, recipe(self.sender.wish, self.sender.quality.level).side
        side = next((side for side in SIDES if side >= wanted), SIDES[-1])
        if side not in self._ladders:
            rules = Rules(budget_ms=1000 / recipe(wish, len(LEVELS) - 1).fps)  # below that, fewer pictures are no help
            rungs = self.face.rungs(side, warm.maker(lambda: self._due))
            self._ladders[side] = Ladder(rungs, self.face.still(side), told=self._steps.append, rules=rules)
        return self._ladders[side]

    def _step_off(self) -> None:
        """Leave all ladders; what they draw with stays warm."""
        for ladder in self._ladders.values():
            ladder.close()
        self._ladders = {}

    def _look(self, now: float) -> None:
        if now - self._looked_at < LOOK_S:
            return
        self._looked_at = now
        if frames_bus.has_driver(self.session_id):
            self._driver_at = now
        gone = now - self._driver_at > settings.SESSION_RESUME_SECONDS
        self.is_over = self.is_over or gone

    def _publish(self, turn: int, message: bytes) -> int:
        return frames_bus.publish(self.session_id, turn, message)

    def _announce(self, facts: dict[str, Any]) -> None:
        bus.tell(self.session_id, kind="video.changed", facts=facts)

    def _tell_steps(self) -> None:
        """The session's events say who draws, and they tell its clients."""
        while self._steps:
            step = self._steps.pop(0)
            code = "video_restored" if step.code == "recovered" else "video_degraded"
            note(self.assignment, code=code, detail=f"{step.target!r} draws in place of {step.origin!r}: {step.code}.")

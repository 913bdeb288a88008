"""What a session's face does, as its worker hears of it on the bus: one turn at a time, idle motion between them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from avatars.face import DEFAULT_RIG, Animator, Rig, decode
from streaming import bus
from streaming.frames.timing import Batch, Clock, Reel
from streaming.protocol import Flag, Kind, parse_media

BUFFER_S = 0.1  # a client buffers about as much before it starts
IDLE_LEAD_S = 0.15  # idle frames are made when they are due: what comes next may always be a turn
_SOUND_BYTES_PER_MS = 48


@dataclass(slots=True)
class Script:
    """The session's turn and its idle motion. `now` is monotonic seconds, handed in."""

    epoch_ms: int
    animator: Animator
    reel: Reel | None = None
    floor: int = 0  # turns up to here are over
    idle_at: float = 0.0
    _clocks: dict[int, Clock] = field(default_factory=dict)

    @classmethod
    def of(cls, seed: int, epoch_ms: int, gap: dict[str, float], mood: tuple[str, float]) -> Script:
        """The face of a session: its seed, the Unix time of its clock's 0, the head's rest gap, and its emotion."""
        animator = Animator(seed, Rig(gap=gap) if gap else DEFAULT_RIG)
        animator.set_emotion(*mood, at_ms=0)
        return cls(epoch_ms=epoch_ms, animator=animator)

    def packet(self, packet: bus.Packet, now: float, *, was_sent: bool = False) -> None:
        """A pair of sound and face that comes now, or `was_sent` before anybody drew."""
        if packet.turn <= self.floor:
            return
        for frame in packet.frames:
            if isinstance(frame, str):
                self._opening(packet.turn, frame, now, float("-inf") if was_sent else now + BUFFER_S)
        clock = self._clocks.setdefault(packet.turn, Clock(now))
        if self.reel is None or self.reel.turn < packet.turn:
            self.reel = Reel(packet.turn, clock)
        self._add(self.reel, packet)

    def _opening(self, turn: int, text: str, now: float, earliest: float) -> None:
        """Sound begins as the worker planned, but not before it is here."""
        if '"turn.started"' in text:
            message = json.loads(text)
            begins_ms = self.epoch_ms + message["clock_ms"] - time.time() * 1000
            self._clocks = {turn: Clock(max(earliest, now + begins_ms / 1000))}

    def _add(self, reel: Reel, packet: bus.Packet) -> None:
        media = [parse_media(frame) for frame in packet.frames if isinstance(frame, bytes)]
        length_ms = next(len(payload) // _SOUND_BYTES_PER_MS for header, payload in media if header.kind == Kind.PCM16)
        for header, payload in media:
            if header.kind == Kind.FACE:
                reel.add(decode(payload, pts_ms=header.pts_ms), length_ms, last=bool(header.flags & Flag.LAST))

    def control(self, turn: int, fields: dict[str, Any], now: float) -> None:
        """A message of the bus."""
        match fields["kind"]:
            case "queued":
                self._end(turn - 1, now)
            case "interrupted" | "failed":
                self._end(turn, now)
            case "video.report" if self.reel is not None and self.reel.turn == turn:
                self.reel.clock.heard(fields["pts_ms"], now)
            case "emotion":
                self.animator.set_emotion(fields["name"], fields["intensity"], at_ms=self._session_ms(now))

    def superseded(self, now: float) -> None:
        """The fence has moved on, and the word of it is on its way."""
        if self.reel is not None:
            self._end(self.reel.turn, now)

    def next(self, now: float, *, fps: float, idle_fps: float, cost: float, most: int, wait: float = 0.0) -> Batch | None:
        """What to draw now, if anything; see Reel.batch."""
        if self.reel is not None:
            batch = self.reel.batch(now, fps=fps, cost=cost, most=most, wait=wait)
            if self.reel.is_over:
                self.idle_at = max(self.idle_at, self.reel.clock.due(self.reel.end_ms))
                self.floor, self.reel = self.reel.turn, None
            return batch
        return self._idle(now, idle_fps)

    def _idle(self, now: float, fps: float) -> Batch | None:
        if now < self.idle_at - IDLE_LEAD_S:
            return None
        due = max(self.idle_at, now)
        self.idle_at = due + 1 / fps
        at_ms = self._session_ms(due)
        table = self.animator.track(at_ms, at_ms + 1, fps=30).table()
        return Batch(turn=0, pts_ms=(at_ms,), due=due, table=table, step_ms=1000 / fps)

    def _end(self, turn: int, now: float) -> None:
        self.floor = max(self.floor, turn)
        if self.reel is not None and self.reel.turn <= turn:
            self.reel, self.idle_at = None, now

    def _session_ms(self, moment: float) -> int:
        return max(0, int(time.time() * 1000 + (moment - time.monotonic()) * 1000) - self.epoch_ms)

    def wait(self, now: float) -> float:
        """Seconds until there may be something to draw, unless a message comes before."""
        wait = self.idle_at - IDLE_LEAD_S - now if self.reel is None else self.reel.wait(now)
        return min(0.5, max(0.0, wait))

"""Pictures become messages: encoded as the quality of the moment says, numbered, published, and counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from avatars.render.base import Pictures
from avatars.render.ladder import STILL
from sessions.video import VideoWish
from streaming.frames.encoders import Encoder, Recipe, choose, encoder
from streaming.frames.quality import IDLE_FPS, Quality, Report, recipe
from streaming.frames.timing import Batch
from streaming.protocol import Flag, media

REPORT_S = 0.5


@dataclass(slots=True)
class Tally:
    """What became of pictures since the last look."""

    made: int = 0
    skipped: int = 0
    late: int = 0
    dropped: int = 0
    size: int = 0

    @property
    def bad(self) -> int:
        """Those that nobody saw in time."""
        return self.skipped + self.late + self.dropped


@dataclass(slots=True)
class Sender:
    """One session's stream of pictures. `publish` takes (turn, message), says how many gateways took it, raises Superseded;
    `tell` announces changes. `delivered_ms`: how much picture was drawn and taken, the portrait left out."""

    wish: VideoWish
    publish: Callable[[int, bytes], int]
    tell: Callable[[dict[str, Any]], None]
    quality: Quality = field(default_factory=Quality)
    tally: Tally = field(default_factory=Tally)
    delivered_ms: float = 0.0
    _codec: str = ""
    _recipe: Recipe | None = None
    _encoder: Encoder | None = None
    _needs_key: bool = True
    _turn: int = -1
    _seq: int = 0
    _idle_seq: int = 0
    _looked_at: float = 0.0
    _told: dict[str, Any] = field(default_factory=dict)

    @property
    def fps(self) -> float:
        """Pictures a second at the quality of the moment."""
        return recipe(self.wish, self.quality.level).fps

    def ask(self, wish: VideoWish) -> None:
        """Pictures as wished from now on."""
        self.wish = wish
        self.want_key()

    def want_key(self) -> None:
        """The next picture can be decoded alone."""
        self._needs_key = True

    def send(self, batch: Batch, pictures: Pictures, renderer: str) -> None:
        """Encode and publish pictures (T, H, W, 3) of a batch that `renderer` drew. Raises Superseded."""
        if batch.turn != self._turn:
            self._turn, self._seq, self._needs_key = batch.turn, 0, True
        for at, (pts_ms, picture) in enumerate(zip(batch.pts_ms, pictures, strict=True)):
            encoded = self._ready(renderer).encode(picture, key=self._needs_key)
            flags = Flag(0) if not encoded.is_key else Flag.KEY
            if batch.is_last and at == len(batch.pts_ms) - 1:
                flags |= Flag.LAST
            seq = self._number(batch.turn)
            message = media(encoded.kind, encoded.data, turn=batch.turn, pts_ms=pts_ms, seq=seq, flags=flags)
            taken = self.publish(batch.turn, message)
            self._needs_key = False
            self.delivered_ms += batch.step_ms if taken and renderer != STILL else 0.0
            self.tally.made += 1
            self.tally.size += len(encoded.data)

    def take_delivered(self) -> float:
        """The `delivered_ms` since the last call."""
        delivered, self.delivered_ms = self.delivered_ms, 0.0
        return delivered

    def _number(self, turn: int) -> int:
        if turn == 0:
            self._idle_seq += 1
            return self._idle_seq - 1
        self._seq += 1
        return self._seq - 1

    def _ready(self, renderer: str) -> Encoder:
        """The encoder for the quality of the moment; a fresh one begins with a key."""
        wanted = recipe(self.wish, self.quality.level)
        codec = choose(self.wish.codecs)
        if self._encoder is None or (wanted, codec) != (self._recipe, self._codec):
            self._encoder, self._recipe, self._codec = encoder(codec, wanted), wanted, codec
        facts = {"codec": codec, "width": wanted.side, "height": wanted.side, "fps": round(wanted.fps), "renderer": renderer}
        if facts != self._told:
            self._told = facts
            self.tell(facts)
        return self._encoder

    def review(self, now: float) -> Report | None:
        """Twice a second: choose the quality by what has happened. Returns what was seen."""
        if now - self._looked_at < REPORT_S:
            return None
        seen, self.tally, self._looked_at = self.tally, Tally(), now
        each = seen.size / seen.made if seen.made else 0.0
        kbps = each * 8 * min(self.fps, self.fps if self._turn else IDLE_FPS) / 1000
        report = Report(frames=seen.made + seen.skipped, bad=seen.bad, kbps=kbps, cap_kbps=self.wish.kbps)
        self.quality = self.quality.after(report, now)
        return report

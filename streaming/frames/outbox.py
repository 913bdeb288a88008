"""What of a session's pictures waits for one connection: bounded, and thrown away at once when it is stale."""

from __future__ import annotations

from collections import deque
from collections.abc import Container

from streaming.protocol import Flag, Kind, MediaHeader, parse_media

MOST_WAITING = 30  # more than LEAD_S of pictures: what waits longer is late
LEAST_WINDOW = 96 * 1024  # bytes on their way: a few pictures, so that sound behind them waits for no more
_STREAMS = frozenset({Kind.VP8, Kind.H264})  # of these a picture is nothing without those before it


class Outbox:
    """Takes pictures from the bus, gives them out in order. Of a stream it begins with a key, also after a lost picture;
    `needs_key`: one is waited for. A client that reports what it got never has more than `window` bytes on their way."""

    def __init__(self, kinds: Container[Kind], *, window: int = LEAST_WINDOW) -> None:
        self.kinds, self.window = kinds, window
        self.dropped = 0
        self.needs_key = False
        self._is_broken = True
        self._waiting: deque[tuple[MediaHeader, bytes]] = deque()
        self._floor = 0
        self._sent = 0
        self._received: int | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: bytes) -> None:
        """A picture from the bus."""
        header, _ = parse_media(message)
        if header.kind not in self.kinds or self._is_stale(header):
            return
        if len(self._waiting) >= MOST_WAITING:
            self._make_room(all_of_it=header.kind in _STREAMS)
        if self._is_decodable(header):
            self._waiting.append((header, message))
        else:
            self.dropped += 1
            self.needs_key = True

    def take(self) -> bytes | None:
        """The next picture; None while there is none, or too much is on its way."""
        if not self._waiting or (self._received is not None and self._sent - self._received >= self.window):
            return None
        message = self._waiting.popleft()[1]
        self._sent += len(message)
        return message

    def received(self, total: int) -> None:
        """The client has got so many bytes of pictures on this connection."""
        self._received = min(max(total, self._received or 0), self._sent)

    def silence(self, turn: int) -> None:
        """`turn` and all before it are over: nothing of them goes out."""
        self._floor = max(self._floor, turn)
        waiting, self._waiting = self._waiting, deque()
        for header, message in waiting:
            if self._is_stale(header):
                self._is_broken = self._is_broken or header.kind in _STREAMS
            elif self._is_decodable(header):
                self._waiting.append((header, message))

    def _is_decodable(self, header: MediaHeader) -> bool:
        """Whether the client can decode it after what it gets before; a key mends a broken stream."""
        if header.kind not in _STREAMS:
            return True
        if header.flags & Flag.KEY:
            self._is_broken = self.needs_key = False
        return not self._is_broken

    def _make_room(self, *, all_of_it: bool) -> None:
        lost = len(self._waiting) if all_of_it else 1
        for _ in range(lost):
            self._waiting.popleft()
        self.dropped += lost
        self._is_broken = self._is_broken or all_of_it

    def _is_stale(self, header: MediaHeader) -> bool:
        return 0 < header.turn <= self._floor

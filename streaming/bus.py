"""The media bus: from the worker that performs a turn to every gateway that shows it, with the fence between turns.

Each session has, in Redis: a fence (the number of the turn that may speak, or `n!` once it was stopped), a channel, and a
short log of the current turn's packets for connections that resume. Publishing and checking the fence is one step, so
nothing of a stopped turn can be published after the stop.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sessions import presence
from sessions.redis import client

LOG_PACKETS = 24
LOG_SECONDS = 90
FENCE_SECONDS = 6 * 3600
STOP_SECONDS = 60  # how long the stop of a turn that never began is remembered where there was no fence
DRIVER_SECONDS = VIEWER_SECONDS = 30  # a seat or place is free again so long after its last beat
_HEAD = struct.Struct("<BII")  # 'M' or 'C', turn, seq
_FRAME = struct.Struct("<BI")  # 1 = text, bytes that follow

_BEGIN = """
local fence = redis.call('GET', KEYS[1]) or '0'
if fence == ARGV[1] .. '!' then
  redis.call('PUBLISH', KEYS[3], ARGV[3])
  redis.call('PUBLISH', KEYS[3], ARGV[4])
end
if tonumber(string.match(fence, '%d+')) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('DEL', KEYS[2])
redis.call('PUBLISH', KEYS[3], ARGV[3])
return 1
"""
_STOP = """
local fence = redis.call('GET', KEYS[1])
local current = tonumber(string.match(fence or '0', '%d+'))
if current > tonumber(ARGV[1]) or fence == ARGV[1] .. '!' then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. '!', 'EX', fence and math.max(1, redis.call('TTL', KEYS[1])) or ARGV[3])
if fence == ARGV[1] then redis.call('PUBLISH', KEYS[2], ARGV[2]) end
return 1
"""
_PUBLISH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[3], '*', 'd', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[4])
redis.call('PUBLISH', KEYS[3], ARGV[2])
return redis.call('EXISTS', KEYS[4])
"""
_LEAVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
_ENTER = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2] - ARGV[3])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


class Superseded(Exception):
    """The turn was stopped, or a newer one has begun: drop everything of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """Ready-made wire messages of one step of a turn; `about` is for the gateway only."""

    turn: int
    seq: int
    frames: tuple[str | bytes, ...]
    about: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Something that gateways of the session must know."""

    turn: int
    fields: dict[str, Any]


def channel(session_id: object) -> str:
    return f"media:{session_id}"


def fence_key(session_id: object) -> str:
    return f"live:{session_id}:turn"


def log_key(session_id: object) -> str:
    return f"live:{session_id}:log"


def driver_key(session_id: object) -> str:
    return f"live:{session_id}:driver"


def viewers_key(session_id: object) -> str:
    return f"live:{session_id}:viewers"


def emotion_key(session_id: object) -> str:
    return f"live:{session_id}:emotion"


def encode_packet(packet: Packet) -> bytes:
    parts = [_HEAD.pack(ord("M"), packet.turn, packet.seq)]
    for frame in (json.dumps(packet.about), *packet.frames):
        raw = frame.encode() if isinstance(frame, str) else frame
        parts += [_FRAME.pack(isinstance(frame, str), len(raw)), raw]
    return b"".join(parts)


def encode_control(turn: int, **fields: Any) -> bytes:
    return _HEAD.pack(ord("C"), turn, 0) + json.dumps(fields).encode()


def decode(data: bytes) -> Packet | Control:
    """The inverse of the two encoders."""
    kind, turn, seq = _HEAD.unpack_from(data)
    if kind == ord("C"):
        return Control(turn=turn, fields=json.loads(data[_HEAD.size :]))
    about, *frames = _frames(data)
    return Packet(turn=turn, seq=seq, frames=tuple(frames), about=json.loads(about))


def _frames(data: bytes) -> list[str | bytes]:
    frames: list[str | bytes] = []
    at = _HEAD.size
    while at < len(data):
        is_text, length = _FRAME.unpack_from(data, at)
        at += _FRAME.size
        raw = data[at : at + length]
        frames.append(raw.decode() if is_text else raw)
        at += length
    return frames


@cache
def _script(source: str) -> Any:
    return client().register_script(source)


def begin(session_id: object, turn: int, **fields: Any) -> bool:
    """Move the fence to `turn` and tell the gateways; returns whether it may speak. An older turn can't begin after a newer
    one, and one that was stopped before it began is over at once."""
    keys = [fence_key(session_id), log_key(session_id), channel(session_id)]
    messages = [encode_control(turn, kind="queued", **fields), encode_control(turn, kind="interrupted")]
    return bool(_script(_BEGIN)(keys=keys, args=[turn, FENCE_SECONDS, *messages]))


def stop(session_id: object, turn: int) -> None:
    """Nothing of `turn` is published from here on, also where it has not begun yet."""
    keys = [fence_key(session_id), channel(session_id)]
    _script(_STOP)(keys=keys, args=[turn, encode_control(turn, kind="interrupted"), STOP_SECONDS])


def publish(session_id: object, packet: Packet) -> bool:
    """Publish one packet; returns whether a driver is connected. Raises Superseded."""
    keys = [fence_key(session_id), log_key(session_id), channel(session_id), driver_key(session_id)]
    answer = _script(_PUBLISH)(keys=keys, args=[packet.turn, encode_packet(packet), LOG_PACKETS, LOG_SECONDS])
    if answer == -1:
        raise Superseded
    return bool(answer)


def beat(turns: Iterable[tuple[str, int]]) -> None:
    """The worker of these turns (session, number) lives."""
    pipe = client().pipeline(transaction=False)
    for session_id, turn in turns:
        pipe.publish(channel(session_id), encode_control(turn, kind="beat"))
    pipe.execute()


def check(session_id: object, turn: int) -> bool:
    """Whether a driver is connected, for a turn that is being paced. Raises Superseded."""
    pipe = client().pipeline(transaction=False)
    pipe.get(fence_key(session_id))
    pipe.exists(driver_key(session_id))
    fence, driver = pipe.execute()
    if fence is None or fence.decode() != str(turn):
        raise Superseded
    return bool(driver)


def tell(session_id: object, turn: int = 0, **fields: Any) -> None:
    """Send a control message to every gateway of the session."""
    client().publish(channel(session_id), encode_control(turn, **fields))


def log_of(session_id: object, turn: int, after_seq: int) -> list[Packet]:
    """The packets of `turn` after `after_seq` that are still kept, in order."""
    entries: Any = client().xrange(log_key(session_id))
    packets = [decode(fields[b"d"]) for _, fields in entries]
    return [p for p in packets if isinstance(p, Packet) and p.turn == turn and p.seq > after_seq]


def take_seat(session_id: object, connection: str) -> None:
    """Make `connection` the session's driver and tell an older one."""
    client().set(driver_key(session_id), connection, ex=DRIVER_SECONDS)
    presence.arrive(str(session_id))
    tell(session_id, kind="driver", connection=connection)


def leave_seat(session_id: object, connection: str) -> bool:
    """Give the seat back; the meter counts until now. Returns whether it was still `connection`'s."""
    was_seated = bool(_script(_LEAVE)(keys=[driver_key(session_id)], args=[connection]))
    if was_seated:
        presence.leave(str(session_id))
    return was_seated


def take_place(session_id: object, connection: str, *, places: int) -> bool:
    """Let `connection` watch, unless so many others do; returns whether there was a place."""
    args = [connection, time.time(), VIEWER_SECONDS, places]
    return bool(_script(_ENTER)(keys=[viewers_key(session_id)], args=args))


def leave_place(session_id: object, connection: str) -> None:
    """A viewer has left."""
    client().zrem(viewers_key(session_id), connection)


def keep_seats(drivers: Iterable[tuple[str, str]], viewers: Iterable[tuple[str, str]]) -> None:
    """These (session, connection) are here: their seats and places go on, also where Redis has lost them, as a worker would
    wait for ever for a driver that has none."""
    pipe = client().pipeline(transaction=False)
    for session_id, connection in drivers:
        pipe.set(driver_key(session_id), connection, nx=True, ex=DRIVER_SECONDS)
        pipe.expire(driver_key(session_id), DRIVER_SECONDS)
    for session_id, connection in viewers:
        pipe.zadd(viewers_key(session_id), {connection: time.time()})
        pipe.expire(viewers_key(session_id), VIEWER_SECONDS)
    pipe.execute()


def forget(session_id: object) -> None:
    """The session is over: keep nothing but what is on its way."""
    names = (fence_key, log_key, driver_key, viewers_key, emotion_key)
    client().delete(*(name(session_id) for name in names))


def fence(session_id: object) -> tuple[int, bool]:
    """The turn that began last (0: none), and whether it may still speak."""
    stored: Any = client().get(fence_key(session_id))
    text = (stored or b"0!").decode()
    return int(text.rstrip("!")), not text.endswith("!")


def set_emotion(session_id: object, name: str, intensity: float) -> None:
    client().set(emotion_key(session_id), json.dumps([name, intensity]), ex=FENCE_SECONDS)


def emotion(session_id: object) -> tuple[str, float]:
    """The session's emotion outside of turns that bring their own."""
    stored = client().get(emotion_key(session_id))
    name, intensity = json.loads(stored) if stored else ("neutral", 0.0)
    return name, intensity

"""The live wire protocol, version 1 (docs/protocol.md): media headers, control messages, close codes, limits."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any

from accounts.errors import Problem
from sessions import video

VERSION = 1
SUBPROTOCOL = "visavis.v1"
TICKET_PREFIX = "ticket."
HEADER = struct.Struct("<BBHIII")  # version, kind, flags, turn, pts ms, seq: 16 bytes

MAX_CONTROL_BYTES = 16 * 1024
MAX_MEDIA_BYTES = 64 * 1024
MAX_MESSAGES_PER_SECOND = 30
STRIKES, STRIKE_SECONDS = 3, 10.0
_U32 = 2**32 - 1


class Kind(IntEnum):
    """What a binary message carries."""

    PCM16 = 1
    OPUS = 2
    FACE = 3
    JPEG = 4
    WEBP = 5
    VP8 = 6
    H264 = 7


class Flag(IntFlag):
    KEY = 1
    LAST = 2


class Close(IntEnum):
    """Why the server closes a connection."""

    NORMAL = 1000
    GOING_AWAY = 1012
    TRY_AGAIN = 1013
    BAD_MESSAGE = 4400
    TICKET = 4401
    QUOTA = 4402
    ORIGIN_OR_ROLE = 4403
    GONE = 4404
    IDLE = 4408
    REPLACED = 4409
    TOO_FAST = 4429
    TOO_MANY_VIEWERS = 4430


class BadMessage(Problem):
    """A message that is not of the protocol; the connection stays open unless it happens again and again."""

    status = 400
    code = "bad_message"
    title = "The message is not of the protocol"
    hint = "See docs/protocol.md."


class LimitBroken(Problem):
    status = 429
    code = "limit"
    title = "A limit of the connection was broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaHeader:
    """The 16 bytes before every media payload."""

    kind: Kind
    flags: int
    turn: int
    pts_ms: int
    seq: int


def media(kind: Kind, payload: bytes, *, turn: int, pts_ms: int, seq: int, flags: int = 0) -> bytes:
    """A whole binary message."""
    return HEADER.pack(VERSION, kind, flags, turn, pts_ms, seq) + payload


def parse_media(message: bytes) -> tuple[MediaHeader, bytes]:
    """Header and payload of a binary message; raises BadMessage."""
    if len(message) < HEADER.size:
        raise BadMessage("A binary message needs a header of 16 bytes.", code="bad_media")
    version, kind, flags, turn, pts_ms, seq = HEADER.unpack_from(message)
    if version != VERSION or kind not in Kind._value2member_map_:
        raise BadMessage(f"Unknown version {version} or kind {kind}.", code="bad_media")
    return MediaHeader(kind=Kind(kind), flags=flags, turn=turn, pts_ms=pts_ms, seq=seq), message[HEADER.size :]


def control(type_: str, **fields: Any) -> str:
    """A JSON control message. Its type is the message's: that of a problem (RFC 9457), a URI, stays out of the wire."""
    return json.dumps(fields | {"type": type_}, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    text: str
    emotion: str | None
    intensity: float
    rate: float
    request_id: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Emotion:
    name: str
    intensity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    turn: int
    pts_ms: int
    late_frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    turn: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    t: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """Pictures as wished; None: the client draws itself."""

    wish: video.VideoWish | None


@dataclass(frozen=True, slots=True)
class VideoKey:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSeen:
    received: int


ClientMessage = Say | Interrupt | Emotion | Played | Resume | Ping | Video | VideoKey | VideoSeen


class _Fields:
    """Reads typed fields of a JSON object; raises BadMessage with the field's name."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def text(self, name: str, *, limit: int | None = None, default: str | None = None) -> str:
        value = self.fields.get(name, default)
        if not isinstance(value, str) or (limit is not None and len(value) > limit):
            raise BadMessage(f"'{name}' must be a string" + (f" of at most {limit} characters." if limit else "."))
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise BadMessage(f"'{name}' holds characters that are not text.", code="unsupported_text")
        return value

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        value = self.fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise BadMessage(f"'{name}' must be a number from {low:g} to {high:g}.")
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise BadMessage(f"'{name}' must be true or false.")
        return value

    def integer(self, name: str, default: int | None = None, *, low: int = 0) -> int:
        value = self.number(name, low, _U32, default)
        if value != int(value):
            raise BadMessage(f"'{name}' must be a whole number.")
        return int(value)


def _say(fields: _Fields) -> Say:
    settings = fields.fields.get("voice_settings") or {}
    emotion = fields.fields.get("emotion") or {}
    if isinstance(emotion, str):
        emotion = {"name": emotion}
    if not isinstance(settings, dict) or not isinstance(emotion, dict):
        raise BadMessage("'emotion' and 'voice_settings' must be objects.")
    return Say(
        text=fields.text("text"),
        emotion=_Fields(emotion).text("name") if emotion else None,
        intensity=_Fields(emotion).number("intensity", 0, 1, 0.7),
        rate=_Fields(settings).number("rate", 0.5, 2.0, 1.0),
        request_id=fields.text("request_id", limit=64, default=""),
    )


def _video(fields: _Fields) -> Video:
    if not fields.flag("active", True):
        return Video(wish=None)
    codecs = fields.fields.get("codecs", ["jpeg"])
    if not isinstance(codecs, list) or not all(isinstance(codec, str) for codec in codecs):
        raise BadMessage("'codecs' must be a list of names.")
    known = tuple(dict.fromkeys(codec for codec in codecs if codec in video.CODECS))
    if not known:
        raise BadMessage(f"'codecs' names none of {', '.join(video.CODECS)}.", code="unknown_codecs")
    wish = video.VideoWish(
        codecs=known,
        width=int(fields.number("width", video.MIN_SIDE, video.MAX_SIDE, video.DEFAULT_SIDE)),
        fps=int(fields.number("fps", video.MIN_FPS, video.MAX_FPS, video.DEFAULT_FPS)),
        kbps=int(fields.number("kbps", video.MIN_KBPS, video.MAX_KBPS, video.DEFAULT_KBPS)),
    )
    return Video(wish=wish)


_PARSERS: dict[str, Callable[[_Fields], ClientMessage]] = {
    "say": _say,
    "interrupt": lambda _: Interrupt(),
    "emotion": lambda f: Emotion(name=f.text("name"), intensity=f.number("intensity", 0, 1, 1.0)),
    "played": lambda f: Played(turn=f.integer("turn"), pts_ms=f.integer("pts_ms"), late_frames=f.integer("late_frames", 0)),
    "resume": lambda f: Resume(turn=f.integer("turn"), seq=f.integer("seq", low=-1)),
    "video": _video,
    "video.key": lambda _: VideoKey(),
    "video.seen": lambda f: VideoSeen(received=f.integer("bytes")),
    "ping": lambda f: Ping(t=f.number("t", -1e18, 1e18, 0)),
}
LATER = frozenset({"chat", "listen.start", "listen.stop"})


def parse_control(text: str) -> ClientMessage:
    """A typed client message; raises BadMessage (bad_json, unknown_type, not_available, bad_message)."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMessage("The message is not JSON.", code="bad_json") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("type"), str):
        raise BadMessage("The message must be an object with a 'type'.")
    type_ = fields["type"]
    if type_ in LATER:
        raise BadMessage(f"'{type_}' needs a persona, which this avatar has not.", code="not_available")
    if type_ not in _PARSERS:
        raise BadMessage(f"There is no message type {type_[:40]!r}.", code="unknown_type")
    return _PARSERS[type_](_Fields(fields))

"""The bus of pictures: a channel of its own for each session, the client's wish, and the lease of the worker that draws.

Pictures may be lost, sound may not: they share no queue. A turn's pictures pass the same fence as its sound.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from sessions.redis import client
from sessions.video import VideoWish
from streaming import bus

LEASE_SECONDS = 4
WISH_SECONDS = bus.FENCE_SECONDS
SUFFIX = ":frames"  # of a session's id: the hub hands a mailbox of this name what is published here

_PUBLISH = """
if ARGV[1] ~= '0' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
return redis.call('PUBLISH', KEYS[2], ARGV[2])
"""
_RENEW = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end return redis.call('EXPIRE', KEYS[1], ARGV[2])"
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


def mailbox_name(session_id: object) -> str:
    """The hub's name for a session's pictures."""
    return f"{session_id}{SUFFIX}"


def _wish_key(session_id: object) -> str:
    return f"live:{session_id}:video"


def _hopeless_key(session_id: object) -> str:
    return f"live:{session_id}:undrawable"


def _lease_key(session_id: object) -> str:
    return f"live:{session_id}:drawer"


@cache
def _script(source: str) -> Any:
    return client().register_script(source)


def publish(session_id: object, turn: int, message: bytes) -> int:
    """Publish one picture of `turn` (0: between turns); returns how many gateways heard it. Raises Superseded."""
    keys = [bus.fence_key(session_id), bus.channel(mailbox_name(session_id))]
    heard = int(_script(_PUBLISH)(keys=keys, args=[turn, message]))
    if heard < 0:
        raise bus.Superseded
    return heard


def set_wish(session_id: object, wish: VideoWish | None) -> None:
    """What the session's pictures are to be; None: nobody wants any. What could not be drawn before is tried again."""
    client().delete(_hopeless_key(session_id))
    if wish is None:
        client().delete(_wish_key(session_id))
    else:
        client().set(_wish_key(session_id), json.dumps(wish.as_json()), ex=WISH_SECONDS)
    bus.tell(session_id, kind="video", wish=wish.as_json() if wish else None)


def wish(session_id: object) -> VideoWish | None:
    """What was asked for last."""
    stored: Any = client().get(_wish_key(session_id))
    return VideoWish.from_json(json.loads(stored)) if stored else None


def forget(session_id: object) -> None:
    """The session is over."""
    client().delete(_wish_key(session_id), _hopeless_key(session_id))


def give_up(session_id: object) -> None:
    """No worker can draw the session, so none is asked until somebody wishes for pictures anew."""
    client().set(_hopeless_key(session_id), 1, ex=WISH_SECONDS)


def is_hopeless(session_id: object) -> bool:
    """Whether a worker gave the session up."""
    return bool(client().exists(_hopeless_key(session_id)))


def take_lease(session_id: object, drawer: str) -> bool:
    """Make `drawer` the only one that draws the session; returns whether nobody else does."""
    return bool(client().set(_lease_key(session_id), drawer, nx=True, ex=LEASE_SECONDS))


def renew_lease(session_id: object, drawer: str) -> bool:
    """Whether the lease is still `drawer`'s, for another LEASE_SECONDS."""
    return bool(_script(_RENEW)(keys=[_lease_key(session_id)], args=[drawer, LEASE_SECONDS]))


def release_lease(session_id: object, drawer: str) -> None:
    """Let another worker draw."""
    _script(_RELEASE)(keys=[_lease_key(session_id)], args=[drawer])


def is_drawn(session_id: object) -> bool:
    """Whether a worker draws the session."""
    return bool(client().exists(_lease_key(session_id)))


def has_driver(session_id: object) -> bool:
    """Whether a driver is connected."""
    return bool(client().exists(bus.driver_key(session_id)))

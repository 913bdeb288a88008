"""The worker's side of pictures: draws a session as long as somebody watches it. Imports what draws only when it draws."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import dramatiq
from django.conf import settings
from dramatiq.middleware import Shutdown, TimeLimitExceeded
from PIL import UnidentifiedImageError

from accounts.errors import Gone
from accounts.identifiers import uuid7
from streaming.frames import bus
from streaming.frames.leases import Leases
from streaming.frames.roster import Roster

logger = logging.getLogger(__name__)
leases = Leases()
roster = Roster()
PASS_SECONDS = 0.05  # between a session that this process passes on and the next look at the queue
MOST_PASSES = 40  # then whoever has it draws it
MESSAGE_SECONDS = 10.0  # a message that nobody took by then is void


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a worker needs to draw a session; `look` is a SessionLook."""

    workspace_id: str
    session_id: str
    avatar: str
    seed: int
    epoch_ms: int
    look: dict[str, Any] = field(default_factory=dict)

    def as_fields(self) -> dict[str, Any]:
        """As the actor takes them."""
        return asdict(self)


@dramatiq.actor(
    queue_name="frames",
    max_retries=0,
    max_age=MESSAGE_SECONDS * 1000,
    time_limit=(settings.SESSION_MAX_SECONDS + 3600) * 1000,
    notify_shutdown=True,
)
def draw_session(*, passes: int = 0, **fields: Any) -> None:
    """Draw one session until it ends or nobody watches. A session that another worker draws is left to that one; one whose
    worker is lost gets another as soon as its gateway sees it. `passes`: how many processes had more to do than another."""
    assignment = Assignment(**fields)
    if bus.is_drawn(assignment.session_id) or bus.is_hopeless(assignment.session_id):
        return
    with roster.place(insist=passes >= MOST_PASSES) as is_ours:
        if is_ours:
            _draw(assignment)
            return
    time.sleep(PASS_SECONDS)
    draw_session.send(passes=passes + 1, **fields)


def _draw(assignment: Assignment) -> None:
    from streaming.frames.studio import Studio

    try:
        with leases.hold(assignment.session_id, str(uuid7())) as lease:
            if lease is not None:
                Studio(assignment, lease).run()
    except (Shutdown, TimeLimitExceeded):
        logger.info("Session %s is left to another worker.", assignment.session_id)
    except (Gone, FileNotFoundError, UnidentifiedImageError) as error:
        _give_up(assignment, error)


def _give_up(assignment: Assignment, error: Exception) -> None:
    """The avatar was deleted, or a file of it is lost or broken: another worker would do no better."""
    from streaming.frames.records import note

    bus.give_up(assignment.session_id)
    logger.info("Session %s can't be drawn: %s", assignment.session_id, error)
    note(assignment, code="video_unavailable", detail="The avatar can't be drawn any more; sound and words go on.")

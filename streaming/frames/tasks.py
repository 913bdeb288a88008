"""The worker's side of pictures: draws a session as long as somebody watches it. Imports what draws only when it draws."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from typing import Any

import dramatiq
from django.conf import settings
from dramatiq.middleware import Shutdown, TimeLimitExceeded

from accounts.identifiers import uuid7
from streaming.frames.leases import Leases

logger = logging.getLogger(__name__)
leases = Leases()


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
    max_age=10_000,
    time_limit=(settings.SESSION_MAX_SECONDS + 3600) * 1000,
    notify_shutdown=True,
)
def draw_session(**fields: Any) -> None:
    """Draw one session until it ends or nobody watches. A session that another worker draws is left to that one; one whose
    worker is lost gets another as soon as its gateway sees it."""
    from streaming.frames.studio import Studio

    assignment = Assignment(**fields)
    try:
        with leases.hold(assignment.session_id, str(uuid7())) as lease:
            if lease is not None:
                Studio(assignment, lease).run()
    except (Shutdown, TimeLimitExceeded):
        logger.info("Session %s is left to another worker.", assignment.session_id)

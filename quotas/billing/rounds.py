"""One step for many workspaces, each in a transaction of its own: where one fails, the others go on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from uuid import UUID

from accounts.tenancy import workspace_scope

logger = logging.getLogger(__name__)


def in_each(workspaces: Iterable[UUID], step: Callable[[UUID], int]) -> int:
    """Run `step` inside the scope of each workspace; the sum of what it returned. A failure is logged; the clock's next
    round tries again."""
    done = 0
    for workspace_id in workspaces:
        try:
            with workspace_scope(workspace_id):
                done += step(workspace_id)
        except Exception:
            logger.exception("Workspace %s: %s failed.", workspace_id, step)
    return done

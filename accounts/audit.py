"""The audit trail: one row for every write that matters, in the same transaction."""

from __future__ import annotations

from typing import Any

from accounts.context import current_actor
from accounts.models import AuditEntry


def record(action: str, *, subject: object = "", **data: Any) -> None:
    """Append `action` (dotted verb, as in `api_key.created`) about `subject` to the scope's workspace."""
    actor = current_actor()
    AuditEntry.objects.create(
        action=action,
        actor_id=actor.user_id,
        api_key_id=actor.api_key_id,
        subject=str(subject)[:60],
        data=data,
        ip=actor.ip,
        request_id=actor.request_id,
    )

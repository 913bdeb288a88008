"""The audit trail: one row for every write that matters, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from accounts.context import current_actor
from accounts.models import AuditEntry


def record(action: str, *, subject: object = "", **data: Any) -> None:
    """Append `action` (dotted verb, as in `api_key.created`) about `subject` to the scope's workspace."""
    _entry(action, subject, data).save()


def record_each(entries: Iterable[tuple[UUID, str, object, dict[str, Any]]]) -> None:
    """Append (workspace, action, subject, data) of several workspaces, in one statement."""
    rows = [_entry(action, subject, data, workspace_id=workspace) for workspace, action, subject, data in entries]
    AuditEntry.objects.bulk_create(rows)


def _entry(action: str, subject: object, data: dict[str, Any], **owner: Any) -> AuditEntry:
    actor = current_actor()
    return AuditEntry(
        action=action,
        actor_id=actor.user_id,
        api_key_id=actor.api_key_id,
        subject=str(subject)[:60],
        data=data,
        ip=actor.ip,
        request_id=actor.request_id,
        **owner,
    )

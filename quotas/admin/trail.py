"""Every manual change, who made it and why: in the operator's trail, and in the workspace's audit where it concerns one."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.serializers.json import DjangoJSONEncoder

from accounts.audit import record
from accounts.context import current_actor
from accounts.operator import ReadOnlyAdmin, site
from accounts.tenancy import workspace_scope
from quotas.models import OperatorEntry


def note(action: str, *, reason: str, subject: object = "", workspace_id: UUID | None = None, **data: Any) -> OperatorEntry:
    """Append `operator.<action>` by the current actor, in the transaction of the change itself."""
    actor, name = current_actor(), f"operator.{action}"
    data = json.loads(json.dumps(data, cls=DjangoJSONEncoder))  # as the audit can keep it
    if workspace_id is not None:
        with workspace_scope(workspace_id):
            record(name, subject=subject, reason=reason, **data)
    return OperatorEntry.objects.create(
        action=name,
        actor_id=actor.user_id,
        workspace_id=workspace_id,
        subject=str(subject)[:60],
        reason=reason,
        data=data,
        ip=actor.ip,
        request_id=actor.request_id,
    )


@admin.register(OperatorEntry, site=site)
class OperatorEntryAdmin(ReadOnlyAdmin):
    """The operator's audit list."""

    label = "Operators' changes"
    list_display = ("created_at", "action", "actor", "subject", "reason", "workspace_id", "ip")
    list_filter = ("action", "created_at")
    list_select_related = ("actor",)
    search_fields = ("action", "reason", "subject", "=workspace_id", "actor__email")
    ordering = ("-created_at",)

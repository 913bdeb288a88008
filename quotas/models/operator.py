"""The operator's own trail: every manual change, with who and why."""

from __future__ import annotations

from django.db import models

from accounts.identifiers import uuid7
from accounts.models import User


class OperatorEntry(models.Model):
    """One manual change. Appended, never changed (trigger, migration). What concerns a workspace is in its audit as well.

    Plain ids where others have links: the trail outlives what it names.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    action = models.CharField(max_length=60)
    actor = models.ForeignKey(User, on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    workspace_id = models.UUIDField(null=True)
    subject = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=300)
    data = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=36, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    class Meta:
        verbose_name_plural = "operator entries"
        indexes = [
            models.Index(fields=["-created_at"], name="operator_recent"),
            models.Index(fields=["workspace_id", "-created_at"], name="operator_of_workspace"),
        ]
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="operator_gives_reason")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}".strip()

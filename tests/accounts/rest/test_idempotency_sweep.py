"""Answers to creates are kept for a day, and no longer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import IdempotencyRecord, Workspace
from accounts.rest.idempotency import forget_expired
from accounts.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


def test_it_forgets_what_has_expired_and_keeps_the_rest(workspace: Workspace, charlies_workspace: Workspace) -> None:
    now = timezone.now()
    for place, key, hours in ((workspace, "old", -1), (charlies_workspace, "old", -1), (workspace, "fresh", 1)):
        with workspace_scope(place.pk):
            IdempotencyRecord.objects.create(key=key, path="/x", fingerprint="f", expires_at=now + timedelta(hours=hours))
    assert forget_expired() == 2
    with workspace_scope(workspace.pk):
        assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["fresh"]

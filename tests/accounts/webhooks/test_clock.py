"""What the sweep wakes, closes and forgets, for every workspace."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from accounts.webhooks.clock import KEPT_FOR, WAKE_AGAIN, forget, sweep, wake_due
from accounts.webhooks.delivery import AT_ONCE
from accounts.webhooks.models import DeliveryState, DisabledReason, WebhookAttempt, WebhookDelivery, WebhookMessage
from accounts.webhooks.schedule import MAX_TRIES
from tests.accounts.webhooks.factories import delivery, endpoint

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def a_delivery(workspace: Workspace, **fields: Any) -> WebhookDelivery:
    with workspace_scope(workspace.pk):
        row = delivery(endpoint())
        WebhookDelivery.objects.filter(pk=row.pk).update(**{"due_at": NOW, "woken_at": None, **fields})
        return row


def test_it_wakes_what_is_due_in_every_workspace_once(workspace: Workspace, charlies_workspace: Workspace) -> None:
    ours, theirs = a_delivery(workspace), a_delivery(charlies_workspace)
    assert set(wake_due(NOW)) == {(workspace.pk, ours.pk), (charlies_workspace.pk, theirs.pk)}
    assert wake_due(NOW) == []
    assert wake_due(NOW + WAKE_AGAIN) == []
    assert len(wake_due(NOW + WAKE_AGAIN + timedelta(seconds=1))) == 2, "nobody came"


@pytest.mark.parametrize(
    "fields",
    [
        {"due_at": NOW + timedelta(seconds=1)},
        {"state": DeliveryState.DELIVERED, "finished_at": NOW},
        {"lease": "00000000-0000-0000-0000-000000000001", "leased_until": NOW + timedelta(seconds=1)},
    ],
    ids=["early", "delivered", "leased"],
)
def test_it_lets_be_what_is_not_due(workspace: Workspace, fields: dict[str, Any]) -> None:
    a_delivery(workspace, **fields)
    assert wake_due(NOW) == []


def test_a_long_queue_of_one_endpoint_leaves_room_for_others(workspace: Workspace, charlies_workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        to = endpoint()
        for _ in range(3 * AT_ONCE):
            delivery(to)
        WebhookDelivery.objects.update(due_at=NOW - timedelta(hours=1), woken_at=None)
    other = a_delivery(charlies_workspace)
    found = wake_due(NOW)
    assert len(found) == 2 * AT_ONCE + 1
    assert (charlies_workspace.pk, other.pk) in found


def test_it_cancels_what_was_written_while_the_endpoint_was_disabled(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        to = endpoint(enabled=False, disabled_reason=DisabledReason.PERSON, disabled_at=NOW)
        row = delivery(to, now=NOW)
    assert sweep(NOW) == 0
    with workspace_scope(workspace.pk):
        row.refresh_from_db()
        assert (row.state, row.finished_at) == (DeliveryState.CANCELLED, NOW)


def test_it_gives_up_on_a_delivery_whose_last_worker_died(workspace: Workspace) -> None:
    row = a_delivery(workspace, tries=MAX_TRIES)
    assert sweep(NOW) == 0
    with workspace_scope(workspace.pk):
        row.refresh_from_db()
        row.endpoint.refresh_from_db()
        assert row.state == DeliveryState.FAILED
        assert (row.endpoint.exhausted, row.endpoint.failing_since) == (1, NOW)


def test_it_forgets_after_thirty_days_and_no_sooner(workspace: Workspace) -> None:
    def age(row: WebhookDelivery, created_at: datetime) -> None:
        WebhookMessage.objects.filter(pk=row.message_id).update(created_at=created_at)

    old, young = a_delivery(workspace), a_delivery(workspace)
    with workspace_scope(workspace.pk):
        WebhookAttempt.objects.create(delivery=old, number=1, status=500)
        age(old, NOW - KEPT_FOR - timedelta(seconds=1))
        age(young, NOW - KEPT_FOR + timedelta(seconds=1))
    assert timedelta(days=30) == KEPT_FOR
    assert forget(NOW) == 3
    with workspace_scope(workspace.pk):
        assert list(WebhookDelivery.objects.values_list("pk", flat=True)) == [young.pk]
        assert not WebhookAttempt.objects.exists()


def test_it_forgets_a_secret_that_signs_no_more(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        over = endpoint(previous_secret="x", previous_until=NOW)
        running = endpoint(previous_secret="y", previous_until=NOW + timedelta(seconds=1))
    forget(NOW)
    with workspace_scope(workspace.pk):
        over.refresh_from_db()
        running.refresh_from_db()
        assert (over.previous_secret, over.previous_until) == ("", None)
        assert running.previous_secret == "y"

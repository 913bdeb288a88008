"""Managing endpoints: what is refused changes nothing, every write leaves a trace, secrets appear once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.access import Access
from accounts.errors import Conflict, Forbidden, Invalid, NotFound
from accounts.models import AuditEntry, Workspace
from accounts.tenancy import workspace_scope
from accounts.webhooks import services
from accounts.webhooks.models import DeliveryState, DisabledReason, WebhookDelivery, WebhookEndpoint, WebhookMessage
from accounts.webhooks.services.endpoints import MAX_ENDPOINTS
from tests.accounts.webhooks.factories import SECRET, current_secrets, delivery, endpoint

URL = "https://hooks.example.com/a"
pytestmark = pytest.mark.django_db


def actions() -> list[str]:
    return list(AuditEntry.objects.filter(action__startswith="webhook.").order_by("created_at").values_list("action", flat=True))


def test_it_makes_an_endpoint_and_shows_its_secret_once(alice_access: Access, in_workspace: UUID) -> None:
    made = services.endpoint_create(by=alice_access, url=f" {URL} ", event_types=["turn.*"], description="  our   shop ")
    row = WebhookEndpoint.objects.get()
    assert (row.url, row.event_types, row.description, row.enabled) == (URL, ["turn.*"], "our shop", True)
    assert made.secret not in row.secret
    assert current_secrets(row, timezone.now()) == [made.secret]
    assert actions() == ["webhook.created"]
    assert "whsec_" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    "wrong",
    [{"url": "http://hooks.example.com/"}, {"event_types": ["nonsense"]}, {"event_types": []}, {"description": "x" * 201}],
)
def test_it_makes_nothing_of_what_is_wrong(alice_access: Access, in_workspace: UUID, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        services.endpoint_create(**{"by": alice_access, "url": URL, "event_types": ["*"], **wrong})
    assert not WebhookEndpoint.objects.exists()
    assert actions() == []


def test_a_member_may_not(bob_access: Access, in_workspace: UUID) -> None:
    row = endpoint(URL)
    for act in (
        lambda: services.endpoint_create(by=bob_access, url=URL, event_types=["*"]),
        lambda: services.endpoint_update(by=bob_access, endpoint_id=row.pk, changes={"enabled": False}),
        lambda: services.endpoint_rotate(by=bob_access, endpoint_id=row.pk),
        lambda: services.endpoint_test(by=bob_access, endpoint_id=row.pk),
        lambda: services.endpoint_replay_failed(by=bob_access, endpoint_id=row.pk, since=timezone.now()),
        lambda: services.endpoint_delete(by=bob_access, endpoint_id=row.pk),
    ):
        with pytest.raises(Forbidden):
            act()
    assert WebhookEndpoint.objects.get().enabled
    assert actions() == []


def test_there_is_a_limit(alice_access: Access, in_workspace: UUID) -> None:
    for _ in range(MAX_ENDPOINTS):
        endpoint()
    with pytest.raises(Conflict) as refused:
        services.endpoint_create(by=alice_access, url=URL, event_types=["*"])
    assert refused.value.code == "too_many_webhooks"
    assert WebhookEndpoint.objects.count() == MAX_ENDPOINTS


def test_it_changes_what_is_named_and_nothing_else(alice_access: Access, in_workspace: UUID) -> None:
    row = endpoint(URL, types=("turn.*",), description="old")
    services.endpoint_update(by=alice_access, endpoint_id=row.pk, changes={"description": "new", "id": uuid4(), "secret": "x"})
    row.refresh_from_db()
    assert (row.description, row.url, row.event_types, row.enabled) == ("new", URL, ["turn.*"], True)
    assert current_secrets(row, timezone.now()) == [SECRET]
    services.endpoint_update(by=alice_access, endpoint_id=row.pk, changes={"description": "new"})
    assert actions() == ["webhook.changed"], "no change, no trace"
    with pytest.raises(Invalid):
        services.endpoint_update(by=alice_access, endpoint_id=row.pk, changes={"url": "nowhere", "description": "x"})
    row.refresh_from_db()
    assert row.description == "new"


def test_disabling_cancels_what_waits_and_enabling_forgives(alice_access: Access, in_workspace: UUID) -> None:
    to = endpoint(URL, failing_since=timezone.now(), exhausted=4)
    row = delivery(to)
    services.endpoint_update(by=alice_access, endpoint_id=to.pk, changes={"enabled": False})
    row.refresh_from_db()
    to.refresh_from_db()
    assert (row.state, to.disabled_reason) == (DeliveryState.CANCELLED, DisabledReason.PERSON)
    services.endpoint_update(by=alice_access, endpoint_id=to.pk, changes={"enabled": True})
    row.refresh_from_db()
    to.refresh_from_db()
    assert (to.enabled, to.disabled_reason, to.disabled_at, to.failing_since, to.exhausted) == (True, "", None, None, 0)
    assert row.state == DeliveryState.CANCELLED, "only a replay sends it"
    assert actions() == ["webhook.disabled", "webhook.enabled"]


def test_rotation_keeps_the_old_secret_for_a_day(alice_access: Access, in_workspace: UUID) -> None:
    to = endpoint(URL)
    made = services.endpoint_rotate(by=alice_access, endpoint_id=to.pk)
    to.refresh_from_db()
    now = timezone.now()
    assert current_secrets(to, now) == [made.secret, SECRET]
    assert current_secrets(to, now + timedelta(hours=23, minutes=59)) == [made.secret, SECRET]
    assert current_secrets(to, now + timedelta(hours=24)) == [made.secret]
    again = services.endpoint_rotate(by=alice_access, endpoint_id=to.pk)
    to.refresh_from_db()
    assert current_secrets(to, now) == [again.secret, made.secret], "two at most"


def test_deleting_takes_the_log_along(alice_access: Access, in_workspace: UUID) -> None:
    to, other = endpoint(URL), endpoint(URL)
    delivery(to)
    services.endpoint_delete(by=alice_access, endpoint_id=to.pk)
    assert list(WebhookEndpoint.objects.all()) == [other]
    assert not WebhookDelivery.objects.exists()
    with pytest.raises(NotFound):
        services.endpoint_delete(by=alice_access, endpoint_id=to.pk)


def test_a_test_event_goes_to_one_endpoint_whatever_it_asks_for(alice_access: Access, in_workspace: UUID) -> None:
    to, _ = endpoint(types=("invoice.*",)), endpoint()
    services.endpoint_test(by=alice_access, endpoint_id=to.pk)
    assert WebhookDelivery.objects.get().endpoint_id == to.pk
    assert WebhookMessage.objects.get().type == "webhook.test"
    services.endpoint_update(by=alice_access, endpoint_id=to.pk, changes={"enabled": False})
    with pytest.raises(Conflict):
        services.endpoint_test(by=alice_access, endpoint_id=to.pk)
    assert WebhookDelivery.objects.count() == 1


def finish(row: WebhookDelivery, state: DeliveryState, **fields: Any) -> None:
    WebhookDelivery.objects.filter(pk=row.pk).update(state=state, finished_at=timezone.now(), tries=10, attempts=10, **fields)


@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED])
def test_a_replay_starts_afresh_under_the_old_id(alice_access: Access, in_workspace: UUID, state: DeliveryState) -> None:
    row = delivery(endpoint())
    finish(row, state)
    services.delivery_replay(by=alice_access, delivery_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.tries, row.attempts, row.finished_at) == (DeliveryState.PENDING, 0, 10, None)
    assert row.due_at <= timezone.now()
    assert actions() == ["webhook.replayed"]
    with pytest.raises(Conflict) as refused:
        services.delivery_replay(by=alice_access, delivery_id=row.pk)
    assert refused.value.code == "delivery_pending"


def test_it_replays_all_that_failed_since(alice_access: Access, in_workspace: UUID) -> None:
    to, other = endpoint(), endpoint()
    now = timezone.now()
    failed, cancelled, delivered, old, foreign = (delivery(one) for one in (to, to, to, to, other))
    for row, state in (
        (failed, "failed"),
        (cancelled, "cancelled"),
        (delivered, "delivered"),
        (old, "failed"),
        (foreign, "failed"),
    ):
        finish(row, DeliveryState(state))
    WebhookDelivery.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=2))
    count = services.endpoint_replay_failed(by=alice_access, endpoint_id=to.pk, since=now - timedelta(days=1))
    assert count == 2
    pending = WebhookDelivery.objects.filter(state=DeliveryState.PENDING)
    assert set(pending.values_list("pk", flat=True)) == {failed.pk, cancelled.pk}


def test_strangers_find_nothing(workspace: Workspace, charlies_workspace: Workspace, charlie_access: Access) -> None:
    with workspace_scope(workspace.pk):
        row = delivery(endpoint(URL))
    for act in (
        lambda: services.endpoint_update(by=charlie_access, endpoint_id=row.endpoint_id, changes={"enabled": False}),
        lambda: services.endpoint_rotate(by=charlie_access, endpoint_id=row.endpoint_id),
        lambda: services.delivery_replay(by=charlie_access, delivery_id=row.pk),
        lambda: services.endpoint_delete(by=charlie_access, endpoint_id=row.endpoint_id),
    ):
        with pytest.raises(NotFound), workspace_scope(charlies_workspace.pk):
            act()
    with workspace_scope(workspace.pk):
        assert current_secrets(WebhookEndpoint.objects.get(), timezone.now()) == [SECRET]

"""The pages of webhooks: from the first endpoint to a replay, and what members may not."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from accounts.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from tests.accounts.webhooks.factories import delivery, endpoint

pytestmark = pytest.mark.django_db
LIST = "/developers/webhooks/"
NEW = {"url": "https://hooks.example.com/a", "event_types": ["session.*"], "description": "Shop"}


def webhook_of(workspace: Workspace) -> WebhookEndpoint:
    with workspace_scope(workspace.pk):
        return WebhookEndpoint.objects.get()


def failed_delivery(workspace: Workspace) -> WebhookDelivery:
    with workspace_scope(workspace.pk):
        row = delivery(endpoint())
        WebhookDelivery.objects.update(state=DeliveryState.FAILED, finished_at=timezone.now(), attempts=1, last_status=500)
        WebhookAttempt.objects.create(delivery=row, number=1, status=500, response="<script>alert(1)</script>", duration_ms=12)
        return row


def test_it_makes_a_webhook_and_shows_the_secret_once(alice_client: Client, workspace: Workspace) -> None:
    assert "No webhooks yet" in alice_client.get(LIST).content.decode()
    answer = alice_client.post(f"{LIST}new/", NEW)
    assert answer.status_code == 201
    assert "no-store" in answer.headers["Cache-Control"]
    secrets = re.findall(r"whsec_[A-Za-z0-9+/=]{40,}", answer.content.decode())
    assert len(secrets) == 1
    row = webhook_of(workspace)
    for path in (LIST, f"{LIST}{row.pk}/", f"{LIST}{row.pk}/edit/"):
        page = alice_client.get(path).content.decode()
        assert "hooks.example.com" in page
        assert secrets[0] not in page


def test_it_says_what_is_wrong_and_keeps_what_was_typed(alice_client: Client, workspace: Workspace) -> None:
    page = alice_client.post(f"{LIST}new/", {**NEW, "url": "http://hooks.example.com/"}).content.decode()
    assert "must begin with https://" in page
    assert 'value="http://hooks.example.com/"' in page
    with workspace_scope(workspace.pk):
        assert not WebhookEndpoint.objects.exists()


def test_it_changes_switches_rotates_and_deletes(alice_client: Client, workspace: Workspace) -> None:
    alice_client.post(f"{LIST}new/", NEW)
    page = f"{LIST}{webhook_of(workspace).pk}/"
    alice_client.post(f"{page}edit/", {**NEW, "description": "Other"})
    assert webhook_of(workspace).description == "Other"
    alice_client.post(f"{page}switch/")
    assert "Disabled: by a person" in alice_client.get(page).content.decode()
    alice_client.post(f"{page}switch/", {"enabled": "on"})
    assert webhook_of(workspace).enabled
    assert "whsec_" in alice_client.post(f"{page}rotate/").content.decode()
    assert "the old one also signs until" in alice_client.get(page).content.decode()
    assert alice_client.post(f"{page}delete/").status_code == 302
    assert alice_client.get(page).status_code == 404


def test_it_shows_attempts_as_text_and_replays(alice_client: Client, workspace: Workspace) -> None:
    row = failed_delivery(workspace)
    page = f"{LIST}{row.endpoint_id}/"
    shown = alice_client.get(page).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "12 ms" in shown
    assert row.message.public_id in shown
    assert alice_client.post(f"{LIST}deliveries/{row.pk}/replay/").status_code == 302
    with workspace_scope(workspace.pk):
        row.refresh_from_db()
        assert row.state == DeliveryState.PENDING


def test_it_replays_what_failed_and_sends_a_test(alice_client: Client, workspace: Workspace) -> None:
    row = failed_delivery(workspace)
    page = f"{LIST}{row.endpoint_id}/"
    assert "on their way again: 1" in alice_client.post(f"{page}replay/", {"hours": "24"}, follow=True).content.decode()
    assert "Select a valid choice" in alice_client.post(f"{page}replay/", {"hours": "5"}, follow=True).content.decode()
    alice_client.post(f"{page}test/")
    with workspace_scope(workspace.pk):
        assert WebhookDelivery.objects.filter(state=DeliveryState.PENDING).count() == 2


def test_it_filters(alice_client: Client, workspace: Workspace) -> None:
    row = failed_delivery(workspace)
    page = f"{LIST}{row.endpoint_id}/"
    message = row.message.public_id
    assert message in alice_client.get(f"{page}?state=failed&type=session.live").content.decode()
    for query in ("state=delivered", "type=turn.created"):
        shown = alice_client.get(f"{page}?{query}").content.decode()
        assert message not in shown
        assert "No delivery is like that" in shown
    assert message in alice_client.get(f"{page}?state=nonsense&page=99").content.decode()


def test_members_see_nothing_and_strangers_find_nothing(bob_client: Client, charlie_client: Client, workspace: Workspace) -> None:
    row = failed_delivery(workspace)
    page = f"{LIST}{row.endpoint_id}/"
    assert bob_client.get(LIST).status_code == 403
    assert bob_client.post(f"{page}test/").status_code == 403
    for path in (page, f"{page}edit/"):
        assert charlie_client.get(path).status_code == 404
    for act in ("switch", "rotate", "test", "delete"):
        assert charlie_client.post(f"{page}{act}/").status_code == 404
    assert charlie_client.post(f"{LIST}deliveries/{row.pk}/replay/").status_code == 404
    assert webhook_of(workspace).enabled
